/** How the page looks: on a phone and on a screen, light and dark, and on paper. */
export const pageStyle = `
:root{color-scheme:light dark;--ground:#fff;--panel:#f6f8fa;--text:#1b1f24;--faint:#57606a;
--edge:#c7ced6;--link:#0550ae;--added:#116329;--changed:#7d4e00;--removed:#a40e26;
--reinstall:#6639ba;--workload:#0550ae;--focus:#0550ae}
@media (prefers-color-scheme:dark){:root{--ground:#0d1117;--panel:#161b22;--text:#e6edf3;
--faint:#a3abb5;--edge:#444c56;--link:#79c0ff;--added:#56d364;--changed:#e3b341;--removed:#ff9b94;
--reinstall:#d2a8ff;--workload:#79c0ff;--focus:#79c0ff}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--ground);color:var(--text);
font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Open Sans",sans-serif}
header,main{max-width:1192px;margin:0 auto;padding:0 16px}
header{padding-top:24px}
main{padding-bottom:48px}
h1{font-size:1.75rem;line-height:1.2;margin:0 0 4px;overflow-wrap:anywhere}
h2{font-size:1.3rem;margin:40px 0 8px;padding-top:8px;border-top:1px solid var(--edge)}
p{margin:8px 0;overflow-wrap:anywhere}
a{color:var(--link)}
:focus-visible{outline:3px solid var(--focus);outline-offset:2px;border-radius:3px}
.skip{position:absolute;left:-999px}
.skip:focus{position:static}
.faint{color:var(--faint)}
.verdict{font-size:1.1rem}
code{font:.9em/1.5 ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace;
overflow-wrap:anywhere}
nav ul,.legend,.tiles{list-style:none;margin:12px 0;padding:0;display:flex;flex-wrap:wrap;gap:4px 16px}
nav a{display:inline-block;padding:4px 0}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:12px}
.tiles>div{background:var(--panel);border:1px solid var(--edge);border-radius:6px;padding:8px 12px}
.tiles dt{color:var(--faint);font-size:.875rem}
.tiles dd{margin:0;font-size:1.25rem;font-weight:600}
.tiles dd small{display:block;font-size:.875rem;font-weight:400}
figure{margin:12px 0}
.legend li{display:flex;align-items:center;gap:6px}
.mark{width:16px;height:16px;flex:none}
.symbols{position:absolute;width:0;height:0}
.picture{display:block;max-width:100%;font-size:13px}
.picture.narrow{display:none}
.picture text{fill:var(--text)}
.picture .name{font-weight:600}
.picture .count{text-anchor:end;fill:var(--faint)}
.picture .ring{fill:var(--faint);font-size:12px}
.picture rect{fill:var(--panel);stroke:var(--edge)}
.picture .hub.changes rect{stroke:var(--changed);stroke-width:2}
.line{fill:none;stroke:var(--edge)}
.removed{fill:none;stroke:var(--removed);color:var(--removed)}
.added{fill:none;stroke:var(--added);color:var(--added)}
svg.mark.removed,svg.mark.added,use.removed,use.added{stroke-width:3}
use.reinstall,svg.reinstall{fill:var(--reinstall)}
use.changed,svg.changed{fill:var(--changed)}
use.workload,svg.workload{fill:var(--workload)}
use.unchanged,svg.unchanged{fill:var(--faint)}
.cut{stroke:var(--ground);stroke-width:2;fill:none}
details{border:1px solid var(--edge);border-radius:6px;margin:8px 0;background:var(--ground)}
summary{cursor:pointer;padding:8px 12px;font-weight:600;overflow-wrap:anywhere;border-radius:6px}
details[open]>summary{border-bottom:1px solid var(--edge);border-radius:6px 6px 0 0}
summary .faint{font-weight:400}
.inside{padding:4px 12px 12px}
.badge{display:inline-block;font-size:.8125rem;font-weight:600;border:1px solid;border-radius:4px;
padding:0 6px;margin-right:4px;white-space:nowrap;stroke:none}
.badge.changed{color:var(--changed)}
.badge.reinstall{color:var(--reinstall)}
table{width:100%;table-layout:fixed;border-collapse:collapse;margin:8px 0;font-size:.9375rem}
th,td{text-align:left;vertical-align:top;padding:6px 10px 6px 0;border-bottom:1px solid var(--edge);
overflow-wrap:anywhere}
tbody tr:last-child>*{border-bottom:0}
th{font-weight:600}
thead th{color:var(--faint);font-size:.875rem}
td.number,th.number{text-align:right}
h3{font-size:1.05rem;margin:16px 0 4px;overflow-wrap:anywhere}
table.fields th:first-child{width:42%}
table.devices th:nth-child(1){width:24%}
table.devices th:nth-child(3){width:36%}
table.devices th:nth-child(4){width:18%}
ul.lines{list-style:none;margin:0;padding:0}
.loud{border-left:4px solid var(--removed);padding-left:10px;font-weight:600}
@media (max-width:700px){
.picture.wide{display:none}.picture.narrow{display:block}
h2{margin-top:28px}
.stacked,.stacked tbody,.stacked tr,.stacked th,.stacked td{display:block}
.stacked thead{position:absolute;clip-path:inset(50%);height:1px;width:1px;overflow:hidden}
.stacked tr{border-bottom:1px solid var(--edge);padding:8px 0}
.stacked tr:last-child{border:0}
.stacked th,.stacked td{border:0;padding:1px 0}
.stacked.stacked th:nth-child(n){width:auto}
.stacked td.number{text-align:left}
.stacked td[data-head]::before{content:attr(data-head) ": ";color:var(--faint)}}
@page{size:landscape;margin:12mm}
@media print{
:root{color-scheme:light;--ground:#fff;--panel:#fff;--text:#000;--faint:#444;--edge:#999;
--link:#000;--added:#116329;--changed:#7d4e00;--removed:#a40e26;--reinstall:#6639ba;
--workload:#0550ae}
nav,.skip{display:none}
body{font-size:11pt}
details::details-content{content-visibility:visible;display:block;block-size:auto}
summary{list-style:none}
.picture.wide{display:block;width:100%;height:auto}.picture.narrow{display:none}
tr,.tiles>div{break-inside:avoid}
h2,summary{break-after:avoid}}
`;
