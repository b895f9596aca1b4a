package answering

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/bot9/bot9/internal/bot9"
)

const (
	actionTimeout = 10 * time.Second
	maxActionBody = 64 << 10 // bytes of a response that are read
	toldResult    = 8_000    // characters of it that a model is told
	keptResult    = 2_000    // characters of it that an event has
)

// Execute makes an action's request. The arguments have been checked by its schema. It returns what came of it, and what a
// model is told of that.
func (s *Service) Execute(ctx context.Context, action *bot9.CustomAction, arguments map[string]any, variables map[string]string) (bot9.ActionRun, string) {
	began := time.Now()
	run := bot9.ActionRun{ActionID: action.ID, Name: action.Name, Request: bot9.ActionRequest{Method: action.Meta.Method, Headers: map[string]string{}}}
	body, err := s.request(ctx, action, arguments, variables, &run)
	run.Milliseconds = time.Since(began).Milliseconds()
	if err == nil && (run.Status < 200 || run.Status > 299) {
		err = fmt.Errorf("the server answered %d %s", run.Status, http.StatusText(run.Status))
	}
	run.OK = err == nil
	run.Answer = bot9.Beginning(maskText(body), keptResult)
	if err != nil {
		run.Error = err.Error()
		return run, "Error: " + run.Error + ".\n" + bot9.Beginning(body, toldResult)
	}
	if strings.TrimSpace(body) == "" {
		body = "Done."
	}
	return run, bot9.Beginning(body, toldResult)
}

func (s *Service) request(ctx context.Context, action *bot9.CustomAction, arguments map[string]any, variables map[string]string, run *bot9.ActionRun) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, actionTimeout)
	defer cancel()
	filled := filling{arguments: arguments, variables: variables}
	target, err := filled.url(&action.Meta)
	if err != nil {
		return "", err
	}
	var body io.Reader
	text := ""
	if len(action.Meta.Body) > 0 {
		text = encode(filled.body(action.Meta.Body))
		body = strings.NewReader(text)
	}
	r, err := http.NewRequestWithContext(ctx, action.Meta.Method, target, body)
	if err != nil {
		return "", fmt.Errorf("the request can't be made")
	}
	if text != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	r.Header.Set("Accept", "application/json, text/plain;q=0.9, */*;q=0.5")
	r.Header.Set("User-Agent", "Bot9-Actions")
	for _, name := range slices.Sorted(maps.Keys(action.Meta.Headers)) {
		r.Header.Set(name, filled.text(action.Meta.Headers[name], headerValue))
	}
	run.Request = bot9.ActionRequest{
		Method: action.Meta.Method, URL: bot9.MaskURL(target), Headers: bot9.MaskHeaders(action.Meta.Headers), Body: bot9.Beginning(maskText(text), keptResult),
	}
	response, err := s.Actions.Do(r)
	if err != nil {
		return "", reachable(ctx, err)
	}
	defer func() { _ = response.Body.Close() }()
	run.Status = response.StatusCode
	read, err := io.ReadAll(io.LimitReader(response.Body, maxActionBody))
	if err != nil {
		return "", reachable(ctx, err)
	}
	if !utf8.Valid(read) || strings.IndexByte(string(read), 0) >= 0 {
		return "(a response that is no text)", nil
	}
	return string(read), nil
}

// reachable says why there is no response, without the URL, which may have a secret in it.
func reachable(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("the server did not answer in time")
	}
	if refused, ok := err.(*url.Error); ok {
		err = refused.Err
	}
	if known := bot9.CodeOf(err); known != "" {
		return fmt.Errorf("the server may not be reached (%s)", known)
	}
	return fmt.Errorf("the server can't be reached: %v", err)
}

// filling puts values in the places of placeholders.
type filling struct {
	arguments map[string]any
	variables map[string]string
}

func (f *filling) value(name string) any {
	if _, ok := given[name]; ok {
		return f.variables[name]
	}
	return f.arguments[name]
}

// text fills a text in; escape makes a value harmless where it goes to.
func (f *filling) text(text string, escape func(string) string) string {
	return placeholder.ReplaceAllStringFunc(text, func(found string) string {
		return escape(asText(f.value(placeholder.FindStringSubmatch(found)[1])))
	})
}

func asText(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return encode(value)
}

func plainText(text string) string { return text }

// headerValue drops what would end a header.
func headerValue(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, text)
}

// pathSegment keeps a value inside of its segment of the path.
func pathSegment(text string) string {
	if strings.Trim(text, ".") == "" { // "." and ".." are steps
		return strings.ReplaceAll(text, ".", "%2E")
	}
	return url.PathEscape(text)
}

// url fills the URL in. Values stay in their place: none can name another host, path or parameter.
func (f *filling) url(m *bot9.ActionMeta) (string, error) {
	raw := m.URL
	for _, p := range m.PathParams { // {name} and :name besides {{name}}, as paths are often written
		value := f.parameter(p)
		raw = strings.NewReplacer("{{"+p.Key+"}}", pathSegment(value)).Replace(raw)
		raw = strings.ReplaceAll(raw, "{"+p.Key+"}", pathSegment(value))
		raw = strings.ReplaceAll(raw, "/:"+p.Key, "/"+pathSegment(value))
	}
	path, query, hasQuery := strings.Cut(raw, "?")
	filled := f.text(path, pathSegment)
	if hasQuery {
		filled += "?" + f.text(query, url.QueryEscape)
	}
	target, err := url.Parse(filled)
	if err != nil {
		return "", fmt.Errorf("the URL can't be filled in")
	}
	if slices.Contains(strings.Split(target.Path, "/"), "..") && strings.Contains(filled, "%2E%2E") {
		return "", fmt.Errorf("a value would leave its place in the path")
	}
	if len(m.QueryParams) > 0 {
		values := target.Query()
		for _, p := range m.QueryParams {
			values.Set(p.Key, f.parameter(p))
		}
		target.RawQuery = values.Encode()
	}
	return target.String(), nil
}

// parameter is the value of a parameter of the path or the query.
func (f *filling) parameter(p bot9.ActionParam) string { return asText(f.of(p)) }

// of is a parameter's value: fixed, filled in, or given as a whole.
func (f *filling) of(p bot9.ActionParam) any {
	text, isText := p.Value.(string)
	switch {
	case p.Value == nil, isText && text == "":
		return f.value(p.Key)
	case !isText:
		return p.Value
	}
	if whole := placeholder.FindStringSubmatch(text); whole != nil && strings.TrimSpace(text) == whole[0] {
		return f.value(whole[1]) // with its own type
	}
	return f.text(text, plainText)
}

func (f *filling) body(parameters []bot9.ActionParam) map[string]any {
	body := map[string]any{}
	for _, p := range parameters {
		body[p.Key] = f.of(p)
	}
	return body
}

var (
	secretField = regexp.MustCompile(`(?i)("[^"]*(?:password|passwd|secret|token|api_?key|authorization|credential|card|iban|cvv|cvc|ssn|pin)[^"]*"\s*:\s*)("(?:[^"\\]|\\.)*"|[0-9.+-]+)`)
	longNumber  = regexp.MustCompile(`\b\d(?:[ -]?\d){11,18}\b`) // of a card or an account
	bearer      = regexp.MustCompile(`(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}`)
)

// maskText hides what may be a secret in a body that events show.
func maskText(text string) string {
	masked := encode(bot9.Masked)
	text = secretField.ReplaceAllString(text, "${1}"+masked)
	text = bearer.ReplaceAllString(text, "$1 "+bot9.Masked)
	return longNumber.ReplaceAllString(text, bot9.Masked)
}

// CheckAction refuses an action that can't work, or could be led astray, with Invalid.
func (c Checks) CheckAction(a *bot9.CustomAction) error {
	switch name := ToolName(a.Name); {
	case name == "":
		return bot9.InvalidField(codeInvalidAction, "body.name", "It needs letters or digits that a model can call it by.")
	case name == askHuman:
		return bot9.InvalidField(codeInvalidAction, "body.name", "This name is taken by handing over.")
	}
	host, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(a.Meta.URL, "https://"), "http://"), "/")
	if strings.Contains(host, "{") {
		return bot9.InvalidField("invalidUrl", "body.meta.url", "The host must be fixed: a placeholder in it would let anybody choose where requests go.")
	}
	sample := placeholder.ReplaceAllString(a.Meta.URL, "x")
	if parsed, err := url.Parse(sample); err != nil || parsed.Host == "" {
		return bot9.InvalidField("invalidUrl", "body.meta.url", "It must be a URL such as https://shop.example/orders/{{order}}.")
	}
	if err := c.Action(strings.NewReplacer("{", "", "}", "").Replace(sample)); err != nil {
		return at("body.meta.url", err)
	}
	for _, name := range slices.Sorted(maps.Keys(a.Meta.Headers)) {
		if !headerName.MatchString(name) || refusedHeaders[strings.ToLower(name)] {
			return bot9.InvalidField("invalidHeaders", "body.meta.headers", "A header's name can't be used.")
		}
	}
	if _, err := newTool(*a); err != nil {
		return bot9.InvalidField(codeInvalidAction, "body.meta.parameters", "It must be a JSON Schema of an object.")
	}
	return nil
}

const codeInvalidAction = "invalidAction"

var (
	headerName     = regexp.MustCompile("^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}$")
	refusedHeaders = map[string]bool{"host": true, "connection": true, "content-length": true, "transfer-encoding": true, "upgrade": true, "te": true, "trailer": true, "keep-alive": true, "proxy-connection": true, "expect": true}
)

// TryAction checks the arguments and makes the request, for somebody who tries the action out.
func (s *Service) TryAction(ctx context.Context, action *bot9.CustomAction, arguments map[string]any, variables map[string]string) (bot9.ActionRun, string, error) {
	made, err := newTool(*action)
	if err != nil {
		return bot9.ActionRun{}, "", err
	}
	if arguments == nil {
		arguments = map[string]any{}
	}
	if _, problem := made.check(arguments); problem != "" {
		return bot9.ActionRun{}, "", bot9.InvalidField(codeInvalidArguments, "body.arguments", "%s", strings.ToUpper(problem[:1])+problem[1:])
	}
	run, result := s.Execute(ctx, action, arguments, variables)
	return run, result, nil
}

const codeInvalidArguments = "invalidArguments"
