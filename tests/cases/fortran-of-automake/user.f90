subroutine u
use types
end subroutine
