package client

import (
	"context"
	"net/http"
	"time"
)

// Document is a piece of what the chatbot knows.
type Document struct {
	ID        string    `json:"id"`
	Kind      string    `json:"kind"` // document or answer
	Title     string    `json:"title"`
	Text      string    `json:"text"`
	URL       string    `json:"url,omitempty"` // where people can read it
	Questions []string  `json:"questions"`     // what it is also asked as
	CreatedAt time.Time `json:"createdAt"`
	UpdatedAt time.Time `json:"updatedAt"`
}

// NewDocument is what a document says.
type NewDocument struct {
	Kind      string   `json:"kind,omitempty"` // document unless given, or answer
	Title     string   `json:"title"`
	Text      string   `json:"text"`
	URL       string   `json:"url,omitempty"`
	Questions []string `json:"questions,omitempty"`
}

// Passage is a part of a document that was found for a question.
type Passage struct {
	DocumentID string   `json:"documentId"`
	Title      string   `json:"title"`
	Heading    string   `json:"heading,omitempty"`
	Text       string   `json:"text"`
	Score      float64  `json:"score"` // from 0 to 1: how likely it answers the question
	Rank       float64  `json:"rank"`
	Matched    []string `json:"matched"`
}

// KnowledgeStatus tells how many documents are answered from by meaning.
type KnowledgeStatus struct {
	Documents int    `json:"documents"`
	Encoded   int    `json:"encoded"`
	Meaning   string `json:"meaning"` // ready, working or off
	Model     string `json:"model"`
}

// Documents lists what the chatbot knows, newest first.
func (c *Client) Documents(ctx context.Context, page Page) (List[Document], error) {
	var documents List[Document]
	err := c.get(ctx, &documents, page.in(query()), "knowledge")
	return documents, err
}

// Document returns a document.
func (c *Client) Document(ctx context.Context, id string) (Document, error) {
	var document Document
	err := c.get(ctx, &document, nil, "knowledge", id)
	return document, err
}

// CreateDocument adds a document.
func (c *Client) CreateDocument(ctx context.Context, document NewDocument) (Document, error) {
	var made Document
	err := c.create(ctx, document, &made, "knowledge")
	return made, err
}

// ReplaceDocument replaces all that a document says.
func (c *Client) ReplaceDocument(ctx context.Context, id string, document NewDocument) (Document, error) {
	var made Document
	err := c.send(ctx, http.MethodPut, document, &made, "knowledge", id)
	return made, err
}

// DeleteDocument removes a document.
func (c *Client) DeleteDocument(ctx context.Context, id string) error {
	return c.send(ctx, http.MethodDelete, nil, nil, "knowledge", id)
}

// SearchKnowledge returns the passages that may answer a question, the likeliest first.
func (c *Client) SearchKnowledge(ctx context.Context, question string, limit int) (List[Passage], error) {
	var passages List[Passage]
	err := c.send(ctx, http.MethodPost, map[string]any{"q": question, "limit": limit}, &passages, "knowledge", "search")
	return passages, err
}

// KnowledgeStatus tells how far the knowledge is worked out.
func (c *Client) KnowledgeStatus(ctx context.Context) (KnowledgeStatus, error) {
	var status KnowledgeStatus
	err := c.get(ctx, &status, nil, "knowledge", "status")
	return status, err
}
