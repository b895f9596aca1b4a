package webhook

import (
	"errors"
	"net/netip"
	"strconv"
	"testing"

	"github.com/bot9/bot9/internal/bot9"
)

// Nobody finds out by error texts what listens on a public host besides the web.
func TestPortsOfOtherServices(t *testing.T) {
	strict, err := NewGuard(nil)
	if err != nil {
		t.Fatal(err)
	}
	open, err := NewGuard([]string{"192.0.2.0/24", "mail.example.com"})
	if err != nil {
		t.Fatal(err)
	}
	for port := range blockedPorts {
		if port == 0 {
			continue
		}
		url := "https://example.com:" + strconv.Itoa(int(port)) + "/"
		if err := strict.CheckURL(url); bot9.CodeOf(err) != "targetNotAllowed" {
			t.Errorf("%s: %v", url, err)
		}
		if err := strict.checkAddr(netip.MustParseAddr("8.8.8.8"), port, false); !errors.Is(err, errPort) {
			t.Errorf("dialling port %d: %v", port, err)
		}
		if err := open.checkAddr(netip.MustParseAddr("192.0.2.7"), port, true); err != nil {
			t.Errorf("allowed by address, port %d: %v", port, err)
		}
		if err := open.CheckURL("https://mail.example.com:" + strconv.Itoa(int(port)) + "/"); err != nil {
			t.Errorf("allowed by name, port %d: %v", port, err)
		}
	}
	for _, port := range []string{"443", "8443", "9000"} {
		if err := strict.CheckURL("https://example.com:" + port + "/"); err != nil {
			t.Errorf("port %s: %v", port, err)
		}
	}
}
