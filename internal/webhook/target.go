package webhook

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"syscall"
	"time"

	"code.dny.dev/ssrf"
	"github.com/bot9/bot9/internal/bot9"
)

// Guard decides which targets webhooks may reach: HTTPS at public addresses, and what the operator
// allows besides. It looks twice. CheckURL refuses at registration what can be seen without asking
// anybody; the dialers check every address at the moment of dialling, so a name that resolves to
// something else later gets through nothing.
//
// This server itself is a target too, though only below ReceiverPath, since a webhook that posts
// to the API could feed on its own events; an entry of the allow list that names its host and port
// lifts that. The rule is against accidents: someone else's name for this server isn't recognised
// by it; the API sees such a delivery by HeaderWebhookID.
type Guard struct {
	prefixes []allowedPrefix
	hosts    map[string]map[uint16]bool // lower-case host name or address → ports; 0 = all
	self     []hostPort
	public   *ssrf.Guardian
}

// ReceiverPath is where the server's built-in receiver lives, the only part of it that deliveries
// may go to.
const ReceiverPath = "/receiver/"

// azureWireServer answers every virtual machine in Azure from a public address.
var azureWireServer = netip.MustParsePrefix("168.63.129.16/32")

type allowedPrefix struct {
	prefix netip.Prefix
	port   uint16 // 0 = all
}

type hostPort struct {
	host string // lower case, no brackets, no dot at the end
	port uint16 // 0 = all
}

// NewGuard makes a Guard. Each entry of allow is a CIDR, an IP address or a host name, the last
// two with or without ":port". What it names may be private, and may be reached by plain HTTP. A
// host name allows whatever it resolves to. Self are this server's own addresses, each "host:port".
func NewGuard(allow []string, self ...string) (*Guard, error) {
	g := &Guard{
		hosts: map[string]map[uint16]bool{},
		public: ssrf.New(ssrf.WithAnyPort(), ssrf.WithAnyNetwork(),
			ssrf.WithDeniedV4Prefixes(azureWireServer)),
	}
	for _, entry := range allow {
		if entry = strings.TrimSpace(entry); entry != "" {
			if err := g.allow(entry); err != nil {
				return nil, err
			}
		}
	}
	for _, entry := range self {
		own, err := parseHostPort(entry)
		if err != nil || own.port == 0 {
			return nil, bot9.Errorf(bot9.Invalid, "invalidBaseUrl", "%q is not this server's host:port.", entry)
		}
		g.self = append(g.self, own)
	}
	return g, nil
}

func (g *Guard) allow(entry string) error {
	if prefix, err := netip.ParsePrefix(entry); err == nil {
		g.prefixes = append(g.prefixes, allowedPrefix{prefix: unmapPrefix(prefix)})
		return nil
	}
	target, err := parseHostPort(entry)
	if err != nil {
		return bot9.Errorf(bot9.Invalid, "invalidAllowTargets",
			"%q is not a CIDR, an IP address or a host name, the last two with or without :port.", entry)
	}
	if ip, err := netip.ParseAddr(target.host); err == nil {
		g.prefixes = append(g.prefixes, allowedPrefix{netip.PrefixFrom(ip, ip.BitLen()), target.port})
	}
	if g.hosts[target.host] == nil {
		g.hosts[target.host] = map[uint16]bool{}
	}
	g.hosts[target.host][target.port] = true
	return nil
}

// parseHostPort reads "host", "host:port", an IP address with or without brackets, or "[IPv6]:port".
func parseHostPort(text string) (hostPort, error) {
	host, port := text, uint64(0)
	if bare, err := netip.ParseAddr(text); err == nil {
		host = bare.String()
	} else if strings.HasPrefix(text, "[") && strings.HasSuffix(text, "]") {
		host = text[1 : len(text)-1]
	} else if h, portText, err := net.SplitHostPort(text); err == nil {
		host = h
		if port, err = strconv.ParseUint(portText, 10, 16); err != nil || port == 0 {
			return hostPort{}, errors.New("not a port")
		}
	}
	if ip, err := netip.ParseAddr(host); err == nil {
		return hostPort{ip.Unmap().String(), uint16(port)}, checkZone(ip)
	}
	host = normalHost(host)
	if !isHostName(host) || endsInNumber(host) {
		return hostPort{}, errors.New("not a host name")
	}
	return hostPort{host, uint16(port)}, nil
}

func checkZone(ip netip.Addr) error {
	if ip.Zone() != "" {
		return errors.New("an address with a zone means something on this machine only")
	}
	return nil
}

func unmapPrefix(p netip.Prefix) netip.Prefix {
	if p.Addr().Is4In6() && p.Bits() >= 96 {
		return netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96).Masked()
	}
	return p.Masked()
}

// allowsHost tells whether the operator allowed the host by name, or by its exact address.
func (g *Guard) allowsHost(target hostPort) bool {
	ports := g.hosts[target.host]
	return ports[0] || ports[target.port]
}

// allowsAddr tells whether the operator allowed the address.
func (g *Guard) allowsAddr(ip netip.Addr, port uint16) bool {
	for _, allowed := range g.prefixes {
		if (allowed.port == 0 || allowed.port == port) && allowed.prefix.Contains(ip) {
			return true
		}
	}
	return false
}

// isSelf tells whether the target is this server. All names and addresses of the loopback are one.
func (g *Guard) isSelf(target hostPort) bool {
	for _, own := range g.self {
		if own.port == target.port && (own.host == target.host || isLoopback(own.host) && isLoopback(target.host)) {
			return true
		}
	}
	return false
}

// isOwn tells whether the target is one of this server's addresses as they were given, and nothing
// else that may listen at the same port. Only such a target is let through, to ReceiverPath.
func (g *Guard) isOwn(target hostPort) bool {
	for _, own := range g.self {
		if own.port != target.port {
			continue
		}
		if own.host == target.host || isLoopback(own.host) && target.host == "localhost" {
			return true
		}
		ip, err := netip.ParseAddr(own.host)
		if err == nil && ip.IsUnspecified() && (target.host == "127.0.0.1" || target.host == "::1") {
			return true
		}
	}
	return false
}

// isLoopback tells whether host is this machine by any of its usual names, wildcard addresses
// included: a server that listens on them is reached at the loopback.
func isLoopback(host string) bool {
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && (ip.IsLoopback() || ip.IsUnspecified())
}

// errBlocked is why a dialer refused an address.
var (
	errBlocked   = errors.New("the address is not public")
	errPlainHTTP = errors.New("plain HTTP is not allowed to this address")
	errPort      = errors.New("the port is not one that webhooks may reach")
)

// checkAddr is the check at the moment of dialling.
func (g *Guard) checkAddr(ip netip.Addr, port uint16, plain bool) error {
	ip = ip.Unmap().WithZone("")
	switch {
	case g.allowsAddr(ip, port):
		return nil
	case g.public.SafeAddr(ip) != nil:
		return errBlocked
	case blockedPorts[port]:
		return errPort
	case plain:
		return errPlainHTTP
	}
	return nil
}

// dialer returns the DialContext of a transport for https, or for http if plain.
func (g *Guard) dialer(resolver *net.Resolver, plain bool) func(ctx context.Context, network, addr string) (net.Conn, error) {
	open := &net.Dialer{Timeout: bot9.MaxTimeout, KeepAlive: 30 * time.Second, Resolver: resolver}
	guarded := *open
	guarded.Control = func(_, address string, _ syscall.RawConn) error {
		target, err := netip.ParseAddrPort(address)
		if err != nil {
			return errBlocked
		}
		return g.checkAddr(target.Addr(), target.Port(), plain)
	}
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		ctx = traceDial(ctx)
		target, err := parseHostPort(addr)
		if err == nil && (g.allowsHost(target) || g.isOwn(target)) {
			return open.DialContext(ctx, network, addr)
		}
		return guarded.DialContext(ctx, network, addr)
	}
}
