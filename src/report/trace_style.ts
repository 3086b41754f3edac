/** What trace.html looks like. */
export const TRACE_STYLE = `:root{--forward:#0072b2;--backward:#c65a00;--update:#00805c;--panel:#f7f7f9}
@media(prefers-color-scheme:dark){:root{--forward:#56b4e9;--backward:#f0a030;--update:#3cc49a;--panel:#1d1d20}}
.forward{--phase:var(--forward)}.backward{--phase:var(--backward)}.update{--phase:var(--update)}
p{max-width:110ch;margin:0 0 4px}
.totals{display:flex;flex-wrap:wrap;gap:10px;margin:20px 0 22px}.totals div{background:var(--panel);border:1px solid var(--line);border-radius:8px;padding:8px 16px 9px}
.totals dt{color:var(--soft);font-size:12.5px}.totals dd{margin:0;font-size:19px;font-variant-numeric:tabular-nums}
.timeline{display:flex;gap:2px;height:40px}.timeline a{flex-basis:0;min-width:2px;background:var(--phase);color:var(--ground);border-radius:3px;font-size:13px;font-weight:600;
display:flex;align-items:center;justify-content:center;text-decoration:none;overflow:hidden}.timeline a:hover{filter:brightness(1.15)}
.legend{font-size:13px;margin-top:8px}.mark{display:inline-block;width:11px;height:11px;border-radius:3px;background:var(--phase);margin:0 6px 0 0;vertical-align:-1px}.mark+.mark{margin-left:16px}
.legend .mark:not(:first-child){margin-left:18px}
.launch{border:1px solid var(--line);border-radius:8px;margin:0 0 8px;background:var(--ground);scroll-margin-top:12px}.launch[open]{border-color:var(--soft)}
.launch>summary{display:grid;grid-template-columns:34px minmax(170px,1.1fr) minmax(190px,1fr) minmax(150px,1fr) 92px 130px;gap:3px 14px;align-items:center;padding:10px 16px;cursor:pointer;list-style:none}
.launch>summary::-webkit-details-marker{display:none}.launch>summary:hover{background:var(--panel);border-radius:8px}
.launch.file>summary{grid-template-columns:230px 1fr}.launch.file .formula{grid-column:auto}
.number{--phase:var(--soft)}.launch .number.forward{--phase:var(--forward)}.launch .number.backward{--phase:var(--backward)}.launch .number.update{--phase:var(--update)}
.launch summary .number{color:var(--phase);font-weight:700;font-variant-numeric:tabular-nums;text-align:right}
.op{font:600 14px/1.4 ui-monospace,monospace;overflow-wrap:anywhere}.where,.sizes{font:12.5px/1.4 ui-monospace,monospace;overflow-wrap:anywhere}.time{text-align:right;font-variant-numeric:tabular-nums}
.meter{height:7px;border-radius:4px;background:color-mix(in srgb,var(--ink) 9%,transparent);overflow:hidden}.meter span{display:block;height:100%;background:var(--phase)}
.formula{grid-column:2/-1;color:var(--soft);font-size:13.5px}
.body{border-top:1px solid var(--line);padding:16px 16px 18px}.equation{font:16px/1.6 Cambria Math,STIX Two Math,Georgia,serif;margin-bottom:14px;max-width:none}
.launch:not(.file)[open]>summary .formula{display:none}
.tables{display:grid;grid-template-columns:minmax(0,max-content) minmax(0,1fr);align-items:start;gap:8px 56px;margin-bottom:18px;font-size:13.5px}.tables td,.tables th{padding:3px 16px 3px 0}.tables .name{font-family:ui-monospace,monospace}
.panes{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(520px,100%),1fr));gap:14px;align-items:start}
.pane{border:1px solid var(--line);border-radius:8px;background:var(--panel);overflow:hidden;min-width:0}.pane header{display:flex;gap:12px;padding:8px 14px;border-bottom:1px solid var(--line);font-size:13px}
.pane pre,.launch.file pre{background:none}.uses{border-top:1px solid var(--line);padding:8px 14px;font-size:12.5px;margin:0;max-width:none}a{color:var(--accent)}
@media(max-width:900px){.launch>summary{grid-template-columns:28px 1fr 92px}.where,.sizes,.meter{display:none}.tables{grid-template-columns:minmax(0,1fr)}}`;
