/** The report's whole style sheet: system fonts, light and dark from one set of variables, tables that stack on a phone. */
export const style = `
:root{color-scheme:light dark;--bg:#f6f7f9;--card:#fff;--ink:#182230;--soft:#5b6675;--line:#dfe3e9;--band:#eef1f6;
--good:#12805c;--bad:#c02b3c;--skip:#8a6d1a;--goodbg:#e5f5ee;--badbg:#fdebec;--skipbg:#fbf3dc;
--client:#64748b;--route:#7c4dd8;--service:#1f6fd6;--workload:#12805c;--claim:#b7681b}
@media (prefers-color-scheme:dark){:root{--bg:#10151c;--card:#18202a;--ink:#e6ebf2;--soft:#98a5b5;--line:#2a3542;--band:#141b24;
--good:#4cc79a;--bad:#ff7b86;--skip:#e0bd5c;--goodbg:#12332a;--badbg:#401d24;--skipbg:#3a3116;
--client:#94a3b8;--route:#b095ff;--service:#6cacff;--workload:#4cc79a;--claim:#f0a95b}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{max-width:1240px;margin:0 auto;padding:20px 16px 60px}
h1{font-size:1.5rem;line-height:1.25;margin:0}
h2{font-size:1.05rem;margin:0 0 10px}
h3{font-size:.85rem;margin:18px 0 6px;color:var(--soft);font-weight:600}
header,section{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:16px 18px;margin:0 0 14px}
header{border-left:5px solid var(--good)}header.bad{border-left-color:var(--bad)}
header p{margin:6px 0 0;color:var(--soft)}
.notice{background:var(--skipbg);color:var(--skip);border-radius:8px;padding:8px 12px;margin:12px 0 0;font-weight:600}
.facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(130px,1fr));gap:10px;margin:14px 0 0}
.facts div{background:var(--bg);border-radius:9px;padding:9px 12px;min-width:0}
.facts b{display:block;font-size:1.2rem;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
.facts span{color:var(--soft);font-size:.82rem}
.pill{display:inline-block;border-radius:99px;padding:0 9px;font-size:.8rem;font-weight:650;white-space:nowrap}
.passed{background:var(--goodbg);color:var(--good)}.failed{background:var(--badbg);color:var(--bad)}
.skipped{background:var(--skipbg);color:var(--skip)}
table{border-collapse:collapse;width:100%;font-size:.88rem}
th{text-align:left;color:var(--soft);font-weight:600;padding:4px 10px 4px 0;border-bottom:1px solid var(--line)}
td{padding:5px 10px 5px 0;border-bottom:1px solid var(--line);vertical-align:top;overflow-wrap:anywhere}
tr:last-child td{border-bottom:0}
td.n,.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
code,pre{font:12.5px/1.45 ui-monospace,"SF Mono",Menlo,Consolas,monospace}
code{overflow-wrap:anywhere}
pre{background:var(--bg);border-radius:8px;padding:10px 12px;overflow:auto;max-height:420px;margin:8px 0;white-space:pre-wrap;overflow-wrap:anywhere}
details{border-top:1px solid var(--line)}.plain{border-top:1px solid var(--line)}h2+details,h2+.plain{border-top:0}
summary{cursor:pointer;padding:7px 0;overflow-wrap:anywhere;list-style:none}
summary::-webkit-details-marker{display:none}
summary:not(:has(.step))::before,summary .step>span:nth-child(2)::after{content:"\\203a";display:inline-block;color:var(--soft);
margin:0 7px;font-weight:700;transition:transform .15s}
summary:not(:has(.step))::before{margin-left:0}
details[open]>summary:not(:has(.step))::before,details[open]>summary .step>span:nth-child(2)::after{transform:rotate(90deg)}
.step{display:grid;grid-template-columns:5.2em minmax(0,1fr) auto;gap:2px 10px;align-items:baseline}
.plain,summary:has(.step){padding:6px 0}.step>.pill,td>.pill{justify-self:start}
.step>.detail{grid-column:2/4;color:var(--soft);font-size:.88rem;overflow-wrap:anywhere}
.bar{grid-column:2/4;height:4px;border-radius:2px;background:var(--band);overflow:hidden}
.bar i{display:block;height:100%;background:var(--service);min-width:2px}
.checks{margin:4px 0 8px 0;padding-left:14px;border-left:2px solid var(--line)}
.none{color:var(--soft);margin:2px 0}
.topology{display:block;width:100%;height:auto}.topology.tall{display:none}
.band{fill:var(--band);stroke:var(--line)}.band-label{fill:var(--soft);font-size:12px;font-weight:600}
.box rect{fill:var(--card);stroke:var(--line)}.box .label{fill:var(--ink);font-size:12px;font-weight:600}
.box .note{fill:var(--soft);font-size:10.5px}
.box.client .mark{fill:var(--client);stroke:none}.box.route .mark{fill:var(--route);stroke:none}
.box.service .mark{fill:var(--service);stroke:none}.box.workload .mark{fill:var(--workload);stroke:none}
.box.claim .mark{fill:var(--claim);stroke:none}
.edge{fill:none;stroke:var(--soft);stroke-width:1.3;opacity:.75}.tip{fill:var(--soft)}
.legend{display:flex;flex-wrap:wrap;gap:4px 16px;color:var(--soft);font-size:.82rem;margin:8px 0 0}
.legend i{display:inline-block;width:9px;height:9px;border-radius:3px;margin-right:6px}
@media (max-width:760px){
.topology.wide{display:none}.topology.tall{display:block}
main{padding:10px 10px 40px}header,section{padding:13px 12px}
thead{display:none}tr{display:block;border-bottom:1px solid var(--line);padding:6px 0}tr:last-child{border-bottom:0}
td,td.n{display:grid;grid-template-columns:6.6em minmax(0,1fr);gap:8px;border:0;padding:1px 0;text-align:left;white-space:normal}
td::before{content:attr(data-label);color:var(--soft);font-size:.8rem}
}
@media print{section,header{break-inside:avoid}pre{max-height:none}}
`;
