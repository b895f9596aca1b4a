// Package crosscheck tests bot9hooks against the Standard Webhooks project's own library. It is a
// module of its own so that bot9hooks depends on nothing.
package crosscheck
