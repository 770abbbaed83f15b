/** The style of charts and folds of the evidence, to be added to the page once; colours follow the page's. */
export const EVIDENCE_STYLE = `<style>:root{--candidate:#1f6feb;--champion:#8250df}@media (prefers-color-scheme:dark){:root{--candidate:#6cb0f0;--champion:#d2a8ff}}
.charts{display:flex;flex-wrap:wrap;gap:1.5rem}.chart{margin:.75rem 0;max-width:32rem}.charts .chart{max-width:19rem}figcaption{font-size:.88rem}.key{white-space:nowrap}
svg text{font:11px system-ui,sans-serif}svg .title{font-size:13px;font-weight:600;fill:var(--ink)}.grid{stroke:var(--line);stroke-width:.5}.diagonal{stroke:var(--soft);stroke-dasharray:2 3;fill:none}.zero{stroke:var(--soft);stroke-width:1}
.candidate-line{fill:none;stroke:var(--candidate);stroke-width:2}.champion-line{fill:none;stroke:var(--champion);stroke-width:2;stroke-dasharray:6 3}.candidate-dot{fill:var(--candidate)}.champion-dot{fill:none;stroke:var(--champion);stroke-width:1.5}
.worse{fill:var(--bad)}.better{fill:var(--good)}.short{border:1px solid var(--line);border-radius:.5rem;padding:.25rem 1rem .5rem;margin:1rem 0}.short h2{margin:.5rem 0}.short ul{margin:0;padding-left:1.2rem}.short .inner{margin-left:1.5rem;list-style:circle}
details{margin:.75rem 0}summary{cursor:pointer;font-weight:600}</style>`;
