"""What tests share. None of it is code of the package's."""
