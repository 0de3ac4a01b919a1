module capstan.dev/e2e/programs/pause

go 1.26.0
