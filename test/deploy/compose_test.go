package deploy

import (
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/compose-spec/compose-go/v2/dotenv"
	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"
)

// example is bot9.env.example, with the values that an operator has to fill in.
func example(t *testing.T) map[string]string {
	t.Helper()
	values, err := dotenv.Read(filepath.Join(folder, "bot9.env.example"))
	must(t, err)
	for name, value := range values {
		if value == "" {
			values[name] = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=" // 32 bytes in base64
		}
	}
	return values
}

func loadCompose(t *testing.T) *types.Project {
	t.Helper()
	project, err := loadComposeWith(t, example(t))
	must(t, err)
	return project
}

func loadComposeWith(t *testing.T, values map[string]string) (*types.Project, error) {
	t.Helper()
	path := filepath.Join(folder, "compose.yaml")
	content, err := os.ReadFile(path)
	must(t, err)
	return loader.LoadWithContext(t.Context(), types.ConfigDetails{
		WorkingDir:  folder,
		ConfigFiles: []types.ConfigFile{{Filename: path, Content: content}},
		Environment: values,
	})
}

// TestComposeNeedsItsSettings: no node starts with a secret that is missing.
func TestComposeNeedsItsSettings(t *testing.T) {
	for name := range example(t) {
		values := example(t)
		delete(values, name)
		if _, err := loadComposeWith(t, values); err == nil {
			t.Errorf("it can be started without %s", name)
		}
	}
}

func TestComposeNodes(t *testing.T) {
	project := loadCompose(t)
	caddy, err := project.GetService("caddy")
	must(t, err)
	nodes := 0
	for _, service := range project.Services {
		if service.Build == nil {
			wantPinned(t, service.Image)
			continue
		}
		nodes++
		variables := map[string]string{}
		for name, value := range service.Environment {
			variables[name] = *value
		}
		wantAccepted(t, variables)
		database, err := url.Parse(variables["BOT9_DATABASE_URL"])
		must(t, err)
		if _, err := project.GetService(database.Hostname()); err != nil || database.Scheme != "postgres" {
			t.Errorf("%s: its database is at %s: %v", service.Name, database.Hostname(), err)
		}
		if variables["BOT9_ADDR"] != ":8420" || variables["BOT9_SECRET_KEY"] == "" || !strings.HasPrefix(variables["BOT9_BASE_URL"], "https://") {
			t.Errorf("%s: a wrong address or base URL, or no master key: %v", service.Name, variables)
		}
		if got, want := variables["BOT9_TRUSTED_PROXIES"], caddy.Networks["inside"].Ipv4Address; got != want {
			t.Errorf("%s trusts %s, and Caddy is %s", service.Name, got, want)
		}
		if service.StopGracePeriod == nil || time.Duration(*service.StopGracePeriod) <= stopTime {
			t.Errorf("%s gets %v to stop", service.Name, service.StopGracePeriod)
		}
		if dockerfile := filepath.Join(service.Build.Context, service.Build.Dockerfile); read(t, dockerfile) != read(t, filepath.Join(folder, "Dockerfile")) {
			t.Errorf("%s is built from %s", service.Name, dockerfile)
		}
	}
	if nodes != 3 {
		t.Errorf("%d nodes", nodes)
	}
	subnet := netip.MustParsePrefix(project.Networks["inside"].Ipam.Config[0].Subnet)
	if !subnet.Contains(netip.MustParseAddr(caddy.Networks["inside"].Ipv4Address)) {
		t.Errorf("Caddy's address is outside of %s", subnet)
	}
}

func TestComposeDatabase(t *testing.T) {
	project := loadCompose(t)
	database, err := project.GetService("postgres")
	must(t, err)
	_, version, _ := strings.Cut(database.Image, ":")
	if major, _, _ := strings.Cut(version, "."); len(major) != 2 || major < "15" {
		t.Errorf("PostgreSQL %s is older than 15", version)
	}
	if database.HealthCheck == nil || len(database.Volumes) == 0 {
		t.Error("no health check, or data that goes with the container")
	}
	if _, ok := project.Volumes[database.Volumes[0].Source]; !ok {
		t.Errorf("there is no volume %s", database.Volumes[0].Source)
	}
	caddy, err := project.GetService("caddy")
	must(t, err)
	for _, volume := range caddy.Volumes {
		if volume.Type != types.VolumeTypeBind {
			continue
		}
		if _, err := os.Stat(volume.Source); err != nil {
			t.Error(err)
		}
	}
}
