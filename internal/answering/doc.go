// Package answering is the engines behind chat: the built-in one, a language model behind OpenAI's protocol, and
// nobody, where the integrator's own bot answers. It knows prompts, citations, budgets, tools and the rules of handing
// over; it stores nothing by itself.
package answering
