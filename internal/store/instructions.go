package store

import (
	"context"

	"github.com/bot9/bot9/internal/bot9"
)

const instructionColumns = `i.id, i.chatbot_id, i.category_id, i.version, i.name, i.text, i.active`

func scanInstruction(scan scanFunc) (i bot9.Instruction, err error) {
	var active int64
	err = scan((*int64)(&i.ID), (*int64)(&i.ChatbotID), (*int64)(&i.CategoryID), &i.Version, &i.Name, &i.Text, &active)
	i.Active = active != 0
	return i, err
}

func instructionsWhere(r session, condition string, args ...any) (instructions []bot9.Instruction, err error) {
	instructions = []bot9.Instruction{}
	err = r.query(func(scan scanFunc) error {
		instruction, err := scanInstruction(scan)
		instructions = append(instructions, instruction)
		return err
	}, `SELECT `+instructionColumns+` FROM instructions i WHERE `+condition+` ORDER BY i.id`, args...)
	return instructions, err
}

// Instructions lists the chatbot's instructions, oldest first.
func (s *Store) Instructions(ctx context.Context, chatbot bot9.ChatbotID) (instructions []bot9.Instruction, err error) {
	err = s.read(ctx, func(r session) error {
		instructions, err = instructionsWhere(r, `i.chatbot_id = $1`, int64(chatbot))
		return err
	})
	return instructions, err
}

// ActiveInstructions lists those that hold, oldest first.
func (s *Store) ActiveInstructions(ctx context.Context, chatbot bot9.ChatbotID) (instructions []bot9.Instruction, err error) {
	err = s.read(ctx, func(r session) error {
		instructions, err = instructionsWhere(r, `i.chatbot_id = $1 AND i.active = 1`, int64(chatbot))
		return err
	})
	return instructions, err
}

func findInstruction(r session, chatbot bot9.ChatbotID, id bot9.InstructionID) (bot9.Instruction, error) {
	found, err := instructionsWhere(r, `i.id = $1 AND i.chatbot_id = $2`, int64(id), int64(chatbot))
	if err == nil && len(found) == 0 {
		err = notFound("instruction")
	}
	if err != nil {
		return bot9.Instruction{}, err
	}
	return found[0], nil
}

// Instruction returns one instruction of the chatbot.
func (s *Store) Instruction(ctx context.Context, chatbot bot9.ChatbotID, id bot9.InstructionID) (i bot9.Instruction, err error) {
	err = s.read(ctx, func(r session) error {
		i, err = findInstruction(r, chatbot, id)
		return err
	})
	return i, err
}

// CreateInstruction adds an instruction.
func (s *Store) CreateInstruction(ctx context.Context, i bot9.Instruction) (bot9.Instruction, error) {
	err := s.writeWith(ctx, needs{chatbot: i.ChatbotID, returns: &i}, func(t *tx) error {
		if err := t.within("instructions", bot9.MaxInstructions, `instructions WHERE chatbot_id`, int64(i.ChatbotID)); err != nil {
			return err
		}
		if err := t.knownCategory(i.ChatbotID, i.CategoryID); err != nil {
			return err
		}
		i.ID, i.Version = bot9.InstructionID(t.nextID()), 1
		_, err := t.exec(`INSERT INTO instructions (id, chatbot_id, category_id, version, name, text, active) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			int64(i.ID), int64(i.ChatbotID), int64(i.CategoryID), i.Version, i.Name, i.Text, oneIf(i.Active))
		if err != nil {
			return err
		}
		return t.auditInstruction(&i, bot9.AuditChanges{"name": {To: i.Name}})
	})
	return i, err
}

func (t *tx) auditInstruction(i *bot9.Instruction, changes bot9.AuditChanges) error {
	return t.audit(bot9.AuditRecord{ChatbotID: i.ChatbotID, Action: bot9.AuditInstructionChanged, Object: i.ID.String(), Changes: changes})
}

// knownCategory refuses a category that the chatbot doesn't have.
func (t *tx) knownCategory(chatbot bot9.ChatbotID, id bot9.CategoryID) error {
	if id == 0 {
		return nil
	}
	var found int64
	if _, err := queryRow(t, `SELECT c.id FROM instruction_categories c WHERE c.id = $1 AND c.chatbot_id = $2`, []any{int64(id), int64(chatbot)}, &found); err != nil {
		return err
	}
	if found == 0 {
		return callerError{bot9.InvalidField("unknownCategory", "body.categoryId", "There is no such category.")}
	}
	return nil
}

// ChangeInstruction lets change change an instruction. change may be called again.
func (s *Store) ChangeInstruction(ctx context.Context, chatbot bot9.ChatbotID, id bot9.InstructionID, change func(*bot9.Instruction) error) (i bot9.Instruction, err error) {
	err = s.writeFor(ctx, chatbot, func(t *tx) error {
		if err := t.hold(ctx, "instructions", int64(id)); err != nil {
			return err
		}
		if i, err = findInstruction(t, chatbot, id); err != nil {
			return err
		}
		if err := meets(ctx, i); err != nil {
			return err
		}
		before := i
		if err := change(&i); err != nil {
			return callerError{err}
		}
		if err := t.knownCategory(chatbot, i.CategoryID); err != nil {
			return err
		}
		i.Version++
		_, err := t.exec(`UPDATE instructions SET category_id = $1, version = $2, name = $3, text = $4, active = $5 WHERE id = $6`,
			int64(i.CategoryID), i.Version, i.Name, i.Text, oneIf(i.Active), int64(id))
		if err != nil {
			return err
		}
		return t.auditInstruction(&i, bot9.AuditChanges{"name": {From: before.Name, To: i.Name}, "text": {From: before.Text, To: i.Text}, "isActive": {From: before.Active, To: i.Active}})
	})
	return i, err
}

// DeleteInstruction removes an instruction.
func (s *Store) DeleteInstruction(ctx context.Context, chatbot bot9.ChatbotID, id bot9.InstructionID) error {
	return s.writeWith(ctx, needs{chatbot: chatbot, evenIfFull: true}, func(t *tx) error {
		i, err := findInstruction(t, chatbot, id)
		if err != nil {
			return err
		}
		if err := meets(ctx, i); err != nil {
			return err
		}
		if _, err := t.exec(`DELETE FROM instructions WHERE id = $1`, int64(id)); err != nil {
			return err
		}
		return t.auditInstruction(&i, bot9.AuditChanges{"name": {From: i.Name}})
	})
}

// Categories lists the chatbot's categories of instructions, oldest first, without the one that every chatbot has.
func (s *Store) Categories(ctx context.Context, chatbot bot9.ChatbotID) ([]bot9.InstructionCategory, error) {
	categories := []bot9.InstructionCategory{}
	err := s.read(ctx, func(r session) error {
		return r.query(func(scan scanFunc) error {
			c := bot9.InstructionCategory{ChatbotID: chatbot}
			err := scan((*int64)(&c.ID), &c.Name, &c.Description)
			categories = append(categories, c)
			return err
		}, `SELECT c.id, c.name, c.description FROM instruction_categories c WHERE c.chatbot_id = $1 ORDER BY c.id`, int64(chatbot))
	})
	return categories, err
}

// CreateCategory adds a category of instructions.
func (s *Store) CreateCategory(ctx context.Context, c bot9.InstructionCategory) (bot9.InstructionCategory, error) {
	err := s.writeWith(ctx, needs{chatbot: c.ChatbotID, returns: &c}, func(t *tx) error {
		if err := t.within("categories", bot9.MaxCategories, `instruction_categories WHERE chatbot_id`, int64(c.ChatbotID)); err != nil {
			return err
		}
		c.ID = bot9.CategoryID(t.nextID())
		_, err := t.exec(`INSERT INTO instruction_categories (id, chatbot_id, name, description) VALUES ($1, $2, $3, $4)`,
			int64(c.ID), int64(c.ChatbotID), c.Name, c.Description)
		return err
	})
	return c, err
}

// DeleteCategory removes a category. Its instructions go to the one that every chatbot has.
func (s *Store) DeleteCategory(ctx context.Context, chatbot bot9.ChatbotID, id bot9.CategoryID) error {
	return s.writeWith(ctx, needs{chatbot: chatbot, evenIfFull: true}, func(t *tx) error {
		changed, err := t.exec(`DELETE FROM instruction_categories WHERE id = $1 AND chatbot_id = $2`, int64(id), int64(chatbot))
		if err == nil && changed == 0 {
			err = notFound("category")
		}
		if err != nil {
			return err
		}
		_, err = t.exec(`UPDATE instructions SET category_id = 0 WHERE category_id = $1 AND chatbot_id = $2`, int64(id), int64(chatbot))
		return err
	})
}
