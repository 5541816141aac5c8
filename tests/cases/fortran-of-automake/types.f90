module types
end module
