module mb
use ma
end module
