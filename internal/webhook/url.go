package webhook

import (
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"github.com/bot9/bot9/internal/bot9"
)

const (
	maxURLBytes = 2048
	urlLocation = "body.url"

	codeInvalidURL       = "invalidUrl"
	codeTargetNotAllowed = "targetNotAllowed"
)

// CheckURL checks a webhook's URL as far as that is possible without resolving its name. The error
// is Invalid about body.url, with code invalidUrl or targetNotAllowed.
func (g *Guard) CheckURL(raw string) error {
	if _, err := g.parseTarget(raw); err != nil {
		return err
	}
	return nil
}

// parseTarget returns the URL if the guard lets it pass.
func (g *Guard) parseTarget(raw string) (*url.URL, *bot9.Error) {
	u, target, err := parseURL(raw)
	if err != nil {
		return nil, err
	}
	ip, ipErr := netip.ParseAddr(target.host)
	isIP := ipErr == nil
	if isIP && ip.Zone() != "" {
		return nil, notAllowed("An address with a zone means something on one machine only.")
	}
	exact := g.hosts[target.host][target.port]
	if g.isSelf(target) && !exact {
		if !isReceiverPath(u) || !g.isOwn(target) {
			return nil, notAllowed("The URL is this server's own. A webhook that posts to the server that sends it could feed on its own events.")
		}
		return u, nil
	}
	allowed := g.allowsHost(target) || isIP && g.allowsAddr(ip, target.port)
	if !allowed {
		if err := g.checkUnlisted(target, ip, isIP, u.Scheme == "http"); err != nil {
			return nil, err
		}
	}
	return u, nil
}

// checkUnlisted checks a target that the operator didn't allow as it stands. A name may still
// resolve to an allowed address, which the dialer will see.
func (g *Guard) checkUnlisted(target hostPort, ip netip.Addr, isIP, plain bool) *bot9.Error {
	mayResolveToAllowed := !isIP && len(g.prefixes) > 0
	if isLoopback(target.host) {
		mayResolveToAllowed = !isIP && (g.allowsAddr(netip.AddrFrom4([4]byte{127, 0, 0, 1}), target.port) ||
			g.allowsAddr(netip.IPv6Loopback(), target.port))
	}
	private := isIP && g.public.SafeAddr(ip) != nil || !isIP && isPrivateName(target.host)
	switch {
	case mayResolveToAllowed:
		return nil
	case private:
		return notAllowed("The URL leads to a private network or to this machine. Webhooks reach public addresses only; " +
			"who runs this server can allow others with --allow-targets.")
	case blockedPorts[target.port]:
		return notAllowed("This port belongs to another service than the web. Webhooks don't reach it, so that nobody can look for services by them; " +
			"who runs this server can allow it with --allow-targets.")
	case plain:
		return notAllowed("The URL must begin with https://. Who runs this server can allow plain HTTP to chosen targets with --allow-targets.")
	}
	return nil
}

// parseURL takes a URL apart. The host comes back in the form that comparisons need: lower case,
// without a dot at its end, an IPv4 address inside an IPv6 one unwrapped.
func parseURL(raw string) (*url.URL, hostPort, *bot9.Error) {
	if err := checkURLText(raw); err != nil {
		return nil, hostPort{}, err
	}
	u, err := url.Parse(raw)
	if err != nil || u.Opaque != "" {
		return nil, hostPort{}, invalidURL("This is not a URL like https://example.com/webhooks.")
	}
	if u.Scheme != "https" && u.Scheme != "http" {
		return nil, hostPort{}, invalidURL("The URL must begin with https://.")
	}
	if u.User != nil {
		return nil, hostPort{}, invalidURL("The URL must not carry a user name or password; send credentials in a header instead.")
	}
	port, err := urlPort(u)
	if err != nil {
		return nil, hostPort{}, invalidURL("The port is a number from 1 to 65535.")
	}
	host := normalHost(u.Hostname())
	if ip, err := netip.ParseAddr(host); err == nil {
		return u, hostPort{ip.Unmap().String(), port}, nil
	}
	if !isHostName(host) {
		return nil, hostPort{}, invalidURL("The URL has no valid host name. Write international names in their ASCII form (xn--…).")
	}
	if endsInNumber(host) {
		return nil, hostPort{}, invalidURL("Write an IPv4 address as four decimal numbers, like 192.0.2.1.")
	}
	return u, hostPort{host, port}, nil
}

// checkURLText refuses what parsers disagree about.
func checkURLText(raw string) *bot9.Error {
	if raw == "" {
		return invalidURL("The URL is missing.")
	}
	if len(raw) > maxURLBytes {
		return invalidURL("The URL is longer than %d bytes.", maxURLBytes)
	}
	for i := range len(raw) {
		if raw[i] <= ' ' || raw[i] > '~' || raw[i] == '\\' {
			return invalidURL("The URL may have visible ASCII characters only, and no backslash. Write others percent-encoded, and international host names in their ASCII form (xn--…).")
		}
	}
	if strings.Contains(raw, "#") {
		return invalidURL("The URL must not have a fragment (#…); it would not be sent.")
	}
	return nil
}

func urlPort(u *url.URL) (uint16, error) {
	switch {
	case u.Port() != "":
		port, err := strconv.ParseUint(u.Port(), 10, 16)
		if err == nil && port == 0 {
			err = strconv.ErrRange
		}
		return uint16(port), err
	case strings.HasSuffix(u.Host, ":"):
		return 0, strconv.ErrSyntax
	case u.Scheme == "http":
		return 80, nil
	}
	return 443, nil
}

func normalHost(host string) string {
	return strings.TrimSuffix(strings.ToLower(host), ".")
}

// isHostName tells whether host, in normal form, can be a DNS name. Underscores occur in practice.
func isHostName(host string) bool {
	if len(host) > 253 {
		return false
	}
	for label := range strings.SplitSeq(host, ".") {
		if label == "" || len(label) > 63 {
			return false
		}
		for i := range len(label) {
			if c := label[i]; !isAlphanumeric(c) && c != '-' && c != '_' {
				return false
			}
		}
	}
	return true
}

// endsInNumber tells whether the host's last label is a number, decimal, octal or hexadecimal.
// Some resolvers take such hosts (127.1, 0x7f000001) for IPv4 addresses; the rule is the one of
// https://url.spec.whatwg.org/#ends-in-a-number-checker.
func endsInNumber(host string) bool {
	label := host[strings.LastIndexByte(host, '.')+1:]
	if hex, ok := strings.CutPrefix(label, "0x"); ok {
		return strings.Trim(hex, "0123456789abcdef") == ""
	}
	return strings.Trim(label, "0123456789") == ""
}

// isPrivateName tells whether host can only be the name of something private: a name without a
// dot, or in a domain reserved for such use (RFC 6761, RFC 6762,
// RFC 8375, ICANN's .internal).
func isPrivateName(host string) bool {
	if !strings.Contains(host, ".") {
		return true
	}
	for _, domain := range []string{".localhost", ".localdomain", ".local", ".internal", ".home.arpa"} {
		if strings.HasSuffix(host, domain) {
			return true
		}
	}
	return false
}

// isReceiverPath tells whether the path stays below ReceiverPath however a server reads it.
func isReceiverPath(u *url.URL) bool {
	return strings.HasPrefix(u.EscapedPath(), ReceiverPath) && !strings.Contains(u.Path, "..")
}

func invalidURL(format string, args ...any) *bot9.Error {
	return bot9.InvalidField(codeInvalidURL, urlLocation, format, args...)
}

func notAllowed(message string) *bot9.Error {
	return bot9.InvalidField(codeTargetNotAllowed, urlLocation, "%s", message)
}
