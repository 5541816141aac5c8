module ma
end module
