// The widget's style. It lives in a shadow root, so the page's rules don't reach it; what is inherited is set anew on the host.

export const css = `
:host{all:initial;position:static;font:14px/1.45 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif;color-scheme:light}
*,*::before,*::after{box-sizing:border-box}
.w{--bg:#fff;--ink:#1b1f27;--soft:#5b6472;--line:#d9dde4;--bubble:#f0f2f5;--field:#868e9c;--bad:#b42318;direction:inherit;color:var(--ink);font-size:14px;text-align:start;-webkit-text-size-adjust:100%}
.w.dark{--bg:#16191f;--ink:#eef0f4;--soft:#a7b0be;--line:#343a45;--bubble:#262b34;--field:#7d8797;--bad:#ff9c8f;color-scheme:dark}
button,textarea,input{font:inherit;color:inherit;margin:0}
button{cursor:pointer;border:0;background:none;padding:0;border-radius:10px;text-align:start}
:focus-visible{outline:2px solid var(--link);outline-offset:2px}
svg{width:20px;height:20px;fill:none;stroke:currentColor;stroke-width:2;stroke-linecap:round;stroke-linejoin:round;display:block;flex:none}
.launch{position:fixed;z-index:2147483000;bottom:max(20px,env(safe-area-inset-bottom));inset-inline-end:20px;width:56px;height:56px;border-radius:50%;display:grid;place-items:center;background:var(--accent);color:var(--on);box-shadow:0 0 0 1px #0002,0 6px 20px #0004}
.left .launch{inset-inline-end:auto;inset-inline-start:20px}
.launch svg{width:26px;height:26px}
.badge{position:absolute;top:-4px;inset-inline-end:-4px;min-width:22px;height:22px;padding:0 6px;border-radius:11px;background:#b42318;color:#fff;font-size:12px;font-weight:600;display:grid;place-items:center}
.panel{background:var(--bg);display:flex;flex-direction:column;overflow:hidden}
.float .panel{position:fixed;z-index:2147483001;bottom:max(88px,calc(68px + env(safe-area-inset-bottom)));inset-inline-end:20px;width:min(384px,calc(100vw - 24px));height:min(640px,calc(100dvh - 108px));border-radius:16px;box-shadow:0 0 0 1px var(--line),0 16px 48px #0005;animation:rise .18s ease-out}
.float.left .panel{inset-inline-end:auto;inset-inline-start:20px}
.inline,.inline .panel{height:100%}
.inline .panel{border-radius:12px;border:1px solid var(--line)}
@keyframes rise{from{opacity:0;transform:translateY(12px)}}
header{display:flex;align-items:center;gap:10px;padding:12px 16px;background:var(--accent);color:var(--on);min-height:60px}
header h2{font-size:16px;line-height:1.3;font-weight:600;margin:0;flex:1;min-width:0;overflow-wrap:anywhere}
header p{margin:0;font-size:13px}
header>div{flex:1;min-width:0}
header :focus-visible,.launch:focus-visible{outline-color:var(--on)}
.launch:focus-visible{outline-color:var(--link)}
.face{width:36px;height:36px;border-radius:50%;display:grid;place-items:center;background:var(--on);color:var(--accent);font-weight:600;flex:none}
.icon{width:40px;height:40px;display:grid;place-items:center;border-radius:10px;flex:none}
.log{flex:1;overflow-y:auto;overscroll-behavior:contain;padding:16px;display:flex;flex-direction:column;gap:8px}
.log:focus-visible{outline-offset:-3px}
.m{max-width:86%;padding:9px 13px;border-radius:16px;background:var(--bubble);align-self:flex-start;overflow-wrap:anywhere;white-space:pre-wrap;border-end-start-radius:4px}
.m,.m>*,.chip,.text,.line,textarea,.note,.card h3,label{unicode-bidi:plaintext}
.m.user{align-self:flex-end;background:var(--accent);color:var(--on);border-end-start-radius:16px;border-end-end-radius:4px}
.m p{margin:0}.m p+*,.m ul+*,.m ol+*,.m pre+*{margin-top:8px}
.m ul,.m ol{margin:0;padding-inline-start:20px;white-space:normal}
.m pre{margin:0;overflow-x:auto;font-size:13px}.m code{font-family:ui-monospace,Menlo,Consolas,monospace;font-size:.92em}
a{color:var(--link);text-decoration:underline}.m.user a{color:inherit}
.m.waits{opacity:.72}
.by{font-size:12px;color:var(--soft);margin:6px 2px 0}
.line{align-self:center;text-align:center;color:var(--soft);font-size:13px;margin:6px 0}
.under{display:flex;flex-wrap:wrap;gap:4px 12px;align-items:center;font-size:13px;color:var(--soft);margin-inline-start:2px}
.under.end{align-self:flex-end}
.under .icon{width:30px;height:30px;border-radius:8px}.under .icon svg{width:16px;height:16px}
.under .icon[aria-pressed=true]{color:var(--link);background:var(--bubble)}
.under details{min-width:0;max-width:100%}.under summary{cursor:pointer;border-radius:6px}
.under ol{margin:4px 0 0;padding-inline-start:20px}
.bad{color:var(--bad)}
.text{color:var(--link);text-decoration:underline;border-radius:6px}
.dots{display:flex;gap:4px;padding:5px 2px}.dots i{width:7px;height:7px;border-radius:50%;background:var(--soft);animation:dot 1.2s infinite}
.dots i:nth-child(2){animation-delay:.15s}.dots i:nth-child(3){animation-delay:.3s}
@keyframes dot{0%,60%,100%{opacity:.35}30%{opacity:1}}
.chips{display:flex;flex-wrap:wrap;gap:8px;margin-top:4px}
.chip{border:1px solid var(--link);color:var(--link);padding:8px 13px;border-radius:18px;min-height:36px}
.chip:hover,.icon:hover,.text:hover{filter:brightness(.92)}
.card{border:1px solid var(--line);border-radius:14px;padding:14px;margin:6px 0;display:flex;flex-direction:column;gap:10px}
.card h3{margin:0;font-size:15px;font-weight:600}
label{display:flex;flex-direction:column;gap:4px;font-size:13px}
input,textarea{border:1px solid var(--field);border-radius:10px;background:var(--bg);padding:9px 11px;font-size:16px;width:100%}
.row{display:flex;gap:10px;align-items:center;flex-wrap:wrap}
.main{background:var(--accent);color:var(--on);padding:9px 16px;font-weight:600;min-height:40px}
.main:disabled{opacity:.55;cursor:default}
.stars{display:flex;gap:6px}.stars button{width:40px;height:40px;border:1px solid var(--field);display:grid;place-items:center;font-weight:600}
.stars button[aria-checked=true]{background:var(--accent);color:var(--on);border-color:var(--accent)}
footer{border-top:1px solid var(--line);padding:10px 12px max(10px,env(safe-area-inset-bottom));display:flex;flex-direction:column;gap:8px}
.ask{align-self:flex-start;font-size:13px}
form.write{display:flex;gap:6px;align-items:flex-end}
form.write textarea{resize:none;max-height:120px;min-height:42px;line-height:1.35}
form.write .send{background:var(--accent);color:var(--on)}
form.write .send:disabled{background:var(--bubble);color:var(--soft);cursor:default}
.send svg{transform:scaleX(var(--flip,1))}
.note{font-size:13px;padding:8px 16px;background:var(--bubble);margin:0}
.file{display:flex;gap:8px;align-items:center;white-space:normal}
.file img{max-width:220px;max-height:180px;border-radius:10px;display:block}
.sr{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
@media(max-width:480px){.float .panel,.float.left .panel{inset:0;width:auto;height:100dvh;border-radius:0;box-shadow:none}.float.on .launch{display:none}}
@media(prefers-reduced-motion:reduce){*{animation:none!important;scroll-behavior:auto!important}.dots i{opacity:.7}}
@media(forced-colors:active){.launch,.m,.main,.icon{border:1px solid}}
`;

/** Puts the style into the root in a way that a strict Content-Security-Policy lets pass. */
export function addStyle(root: ShadowRoot, nonce: string): void {
  try {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    root.adoptedStyleSheets = [sheet];
  } catch {
    const style = document.createElement("style");
    if (nonce) style.nonce = nonce;
    style.textContent = css;
    root.appendChild(style);
  }
}
