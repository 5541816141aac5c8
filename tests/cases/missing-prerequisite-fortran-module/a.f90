module m
end module m
