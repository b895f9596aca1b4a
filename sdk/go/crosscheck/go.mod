module github.com/bot9/bot9/sdk/go/crosscheck

go 1.26

require (
	github.com/bot9/bot9/sdk/go v0.0.0
	github.com/standard-webhooks/standard-webhooks/libraries v0.0.1
)

replace github.com/bot9/bot9/sdk/go => ../
