module example.org/revocation

go 1.19
