// Package visitor is what the widget on websites needs of the server besides conversations: which pages may embed it,
// who a visitor is, the tokens that say so, and the live streams of what happens in their conversations.
//
// A visitor is known by a subject: the hash of a lasting secret that the browser keeps, or of an external ID that the
// host page's server has proven. Tokens carry the subject and last an hour; they are sealed, so that no row is needed
// for everybody who only looks at a page.
package visitor
