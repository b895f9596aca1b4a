module log-to-file

go 1.26

require github.com/bot9/bot9/sdk/go v0.0.0

replace github.com/bot9/bot9/sdk/go => ../../sdk/go
