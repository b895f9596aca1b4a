package api

import (
	"context"
	"net/http"

	"github.com/bot9/bot9/internal/bot9"
)

// InstructionStore keeps instructions.
type InstructionStore interface {
	Instructions(ctx context.Context, chatbot bot9.ChatbotID) ([]bot9.Instruction, error)
	Instruction(ctx context.Context, chatbot bot9.ChatbotID, id bot9.InstructionID) (bot9.Instruction, error)
	CreateInstruction(ctx context.Context, i bot9.Instruction) (bot9.Instruction, error)
	ChangeInstruction(ctx context.Context, chatbot bot9.ChatbotID, id bot9.InstructionID, change func(*bot9.Instruction) error) (bot9.Instruction, error)
	DeleteInstruction(ctx context.Context, chatbot bot9.ChatbotID, id bot9.InstructionID) error
	Categories(ctx context.Context, chatbot bot9.ChatbotID) ([]bot9.InstructionCategory, error)
	CreateCategory(ctx context.Context, c bot9.InstructionCategory) (bot9.InstructionCategory, error)
	DeleteCategory(ctx context.Context, chatbot bot9.ChatbotID, id bot9.CategoryID) error
}

// InstructionInfo is a rule for the model, in Bot9's historic shape.
type InstructionInfo struct {
	ID              bot9.InstructionID `json:"id" doc:"The instruction"`
	InstructionName string             `json:"instructionName" doc:"What it is called" example:"Tone"`
	InstructionText string             `json:"instructionText" doc:"What the model is to do" example:"Be brief and friendly."`
	IsActive        bool               `json:"isActive" doc:"Whether it holds"`
}

// InstructionInput is what an instruction says.
type InstructionInput struct {
	InstructionName string                `json:"instructionName" minLength:"1" maxLength:"200" doc:"What to call it" example:"Tone"`
	InstructionText string                `json:"instructionText" minLength:"1" maxLength:"20000" doc:"What the model is to do" example:"Be brief and friendly."`
	IsActive        *bool                 `json:"isActive,omitempty" doc:"Whether it holds; it does unless given"`
	CategoryID      *Ref[bot9.CategoryID] `json:"categoryId,omitempty" doc:"The category that it belongs to; the general one unless given"`
}

// CategoryInfo is a category with its instructions, in Bot9's historic shape.
type CategoryInfo struct {
	ID           string            `json:"id" doc:"The category; general for the one that every chatbot has" example:"general"`
	Name         string            `json:"name" doc:"What it is called" example:"General"`
	Description  string            `json:"description" doc:"What it is for"`
	Instructions []InstructionInfo `json:"instructions" doc:"Its instructions, oldest first"`
}

// CategoryInput is what a category is called.
type CategoryInput struct {
	Name        string `json:"name" minLength:"1" maxLength:"200" doc:"What to call it" example:"Returns"`
	Description string `json:"description,omitempty" maxLength:"2000" doc:"What it is for"`
}

// InstructionPath names an instruction.
type InstructionPath struct {
	InstructionID PathID[bot9.InstructionID] `path:"instructionId" doc:"The instruction"`
}

// CategoryPath names a category.
type CategoryPath struct {
	CategoryID PathID[bot9.CategoryID] `path:"categoryId" doc:"The category"`
}

type createInstructionInput struct{ Body InstructionInput }

type createCategoryInput struct{ Body CategoryInput }

type replaceInstructionInput struct {
	InstructionPath
	IfMatch
	Body InstructionInput
}

type deleteInstructionInput struct {
	InstructionPath
	IfMatch
}

const (
	rulesPath      = basePath + "rules/{chatbotId}/"
	rulesV2Path    = basePath + "rules/v2/{chatbotId}/"
	generalName    = "General"
	generalID      = "general"
	generalPurpose = "Instructions that belong to no other category"
)

func (s *server) registerInstructions() {
	const path, one = rulesPath + "instructions", rulesPath + "instructions/{instructionId}"
	historic := access{role: bot9.Viewer, historic: true}
	read, write := access{role: bot9.Viewer}, access{role: bot9.Developer}
	creates := access{role: bot9.Developer, historic: true, creates: true}
	create := operation(http.MethodPost, path, tagAnswering, "createInstruction",
		"Add an instruction", "The model follows it from the next message on. The built-in engine doesn't read instructions.")
	create.DefaultStatus = http.StatusCreated
	register(s, creates, create, s.createInstruction)
	register(s, historic, operation(http.MethodGet, path, tagAnswering, "listInstructions",
		"List instructions", "A bare array, oldest first, as existing Bot9 clients read it."), s.listInstructions)
	register(s, read, operation(http.MethodGet, one, tagAnswering, "getInstruction", "Get an instruction", "With its text."), s.getInstruction)
	register(s, access{role: bot9.Developer, historic: true}, operation(http.MethodPut, one, tagAnswering, "replaceInstruction",
		"Replace an instruction", "Also switches it on and off, and moves it to another category."), s.replaceInstruction)
	register(s, write, operation(http.MethodDelete, one, tagAnswering, "deleteInstruction", "Delete an instruction", "It holds no longer."), s.deleteInstruction)
	const categories = rulesV2Path + "instructions"
	register(s, historic, operation(http.MethodGet, categories, tagAnswering, "listInstructionCategories",
		"List instructions by category", "A bare array, as existing Bot9 clients read it: the general category first, then others in the order in which they were made."), s.listCategories)
	category := operation(http.MethodPost, rulesV2Path+"categories", tagAnswering, "createInstructionCategory", "Add a category", "For instructions that belong together.")
	category.DefaultStatus = http.StatusCreated
	register(s, access{role: bot9.Developer, creates: true}, category, s.createCategory)
	register(s, write, operation(http.MethodDelete, rulesV2Path+"categories/{categoryId}", tagAnswering, "deleteInstructionCategory",
		"Delete a category", "Its instructions go to the general one."), s.deleteCategory)
}

func instructionInfo(i bot9.Instruction) InstructionInfo {
	return InstructionInfo{ID: i.ID, InstructionName: i.Name, InstructionText: i.Text, IsActive: i.Active}
}

func (in *InstructionInput) apply(i *bot9.Instruction) {
	i.Name, i.Text = in.InstructionName, in.InstructionText
	set(&i.Active, in.IsActive)
	if in.CategoryID != nil {
		i.CategoryID = in.CategoryID.ID
	}
}

func (s *server) createInstruction(ctx context.Context, c *caller, in *createInstructionInput) (*output[InstructionInfo], error) {
	i := bot9.Instruction{ChatbotID: c.chatbot, Active: true}
	in.Body.apply(&i)
	answering(ctx, instructionInfo)
	i, err := s.Store.CreateInstruction(ctx, i)
	return answer(instructionInfo(i), err)
}

func (s *server) listInstructions(ctx context.Context, c *caller, _ *struct{}) (*output[[]InstructionInfo], error) {
	all, err := s.Store.Instructions(ctx, c.chatbot)
	shown := make([]InstructionInfo, 0, len(all))
	for _, i := range all {
		shown = append(shown, instructionInfo(i))
	}
	return answer(shown, err)
}

func (s *server) getInstruction(ctx context.Context, c *caller, in *InstructionPath) (*editable[InstructionInfo], error) {
	i, err := s.Store.Instruction(ctx, c.chatbot, in.InstructionID.ID)
	return answerEditable(i, instructionInfo(i), err)
}

func (s *server) replaceInstruction(ctx context.Context, c *caller, in *replaceInstructionInput) (*editable[InstructionInfo], error) {
	i, err := s.Store.ChangeInstruction(in.expect(ctx), c.chatbot, in.InstructionID.ID, func(i *bot9.Instruction) error {
		in.Body.apply(i)
		return nil
	})
	return answerEditable(i, instructionInfo(i), err)
}

func (s *server) deleteInstruction(ctx context.Context, c *caller, in *deleteInstructionInput) (*struct{}, error) {
	return nil, s.Store.DeleteInstruction(in.expect(ctx), c.chatbot, in.InstructionID.ID)
}

func (s *server) listCategories(ctx context.Context, c *caller, _ *struct{}) (*output[[]CategoryInfo], error) {
	categories, err := s.Store.Categories(ctx, c.chatbot)
	if err != nil {
		return nil, err
	}
	instructions, err := s.Store.Instructions(ctx, c.chatbot)
	shown := []CategoryInfo{{ID: generalID, Name: generalName, Description: generalPurpose, Instructions: []InstructionInfo{}}}
	at := map[bot9.CategoryID]int{}
	for _, category := range categories {
		at[category.ID] = len(shown)
		shown = append(shown, categoryInfo(category))
	}
	for _, i := range instructions {
		of := &shown[at[i.CategoryID]] // the first if it is gone
		of.Instructions = append(of.Instructions, instructionInfo(i))
	}
	return answer(shown, err)
}

func categoryInfo(c bot9.InstructionCategory) CategoryInfo {
	return CategoryInfo{ID: c.ID.String(), Name: c.Name, Description: c.Description, Instructions: []InstructionInfo{}}
}

func (s *server) createCategory(ctx context.Context, c *caller, in *createCategoryInput) (*output[CategoryInfo], error) {
	answering(ctx, categoryInfo)
	category, err := s.Store.CreateCategory(ctx, bot9.InstructionCategory{ChatbotID: c.chatbot, Name: in.Body.Name, Description: in.Body.Description})
	return answer(categoryInfo(category), err)
}

func (s *server) deleteCategory(ctx context.Context, c *caller, in *CategoryPath) (*struct{}, error) {
	return nil, s.Store.DeleteCategory(ctx, c.chatbot, in.CategoryID.ID)
}
