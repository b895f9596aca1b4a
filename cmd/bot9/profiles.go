package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

const defaultProfile = "default"

// profile is what bot9 login keeps.
type profile struct {
	URL         string `json:"url"`
	ChatbotID   string `json:"chatbotId"`
	ChatbotName string `json:"chatbotName"`
	Key         string `json:"key"`
}

// profilesPath is in the user's config folder; on Linux ~/.config/bot9/profiles.json.
func profilesPath() (string, error) {
	folder, err := os.UserConfigDir()
	if err != nil {
		return "", fmt.Errorf("find the config folder: %w", err)
	}
	return filepath.Join(folder, "bot9", "profiles.json"), nil
}

func loadProfiles() (map[string]profile, error) {
	profiles := map[string]profile{}
	path, err := profilesPath()
	if err != nil {
		return profiles, nil //nolint:nilerr // without a home there are no profiles; keys and flags do without
	}
	kept, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return profiles, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the profiles: %w", err)
	}
	if err := json.Unmarshal(kept, &profiles); err != nil {
		return nil, fmt.Errorf("%s is no file of profiles (%w); remove it and log in again", path, err)
	}
	return profiles, nil
}

// saveProfiles replaces the file as a whole; only its owner can read it.
func saveProfiles(profiles map[string]profile) error {
	path, err := profilesPath()
	if err != nil {
		return err
	}
	kept, err := json.MarshalIndent(profiles, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("make the config folder: %w", err)
	}
	fresh, err := os.CreateTemp(filepath.Dir(path), "profiles-*") // made with 0600
	if err != nil {
		return fmt.Errorf("keep the profiles: %w", err)
	}
	_, err = fresh.Write(append(kept, '\n'))
	err = errors.Join(err, fresh.Close())
	if err == nil {
		err = os.Rename(fresh.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("keep the profiles: %w", errors.Join(err, os.Remove(fresh.Name())))
	}
	return nil
}
