module github.com/bot9/bot9/sdk/go

go 1.26
