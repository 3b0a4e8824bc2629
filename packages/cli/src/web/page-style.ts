/** A shield, inside the page so that no browser asks for a favicon. */
export const pageIcon =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Cpath d='M8 .8 14.2 3v4.6c0 3.7-2.6 6.5-6.2 7.7-3.6-1.2-6.2-4-6.2-7.7V3z' fill='%230f6b6b'/%3E%3Cpath d='M4.6 8h6.8' stroke='%23fff' stroke-width='2'/%3E%3C/svg%3E";

/** Style of the plain pages: one column on a phone, cards beside each other on a desk, light and dark. */
export const pageStyle = `
:root{color-scheme:light dark;--back:#f4f4f0;--card:#fff;--text:#1d2125;--soft:#5a6067;--line:#dcdcd6;--good:#1b7443;--bad:#b3261e;--wait:#8a5a00;--link:#0f6b6b}
@media(prefers-color-scheme:dark){:root{--back:#121517;--card:#1a1e21;--text:#e8e9e6;--soft:#a2a9af;--line:#2b3135;--good:#62c98d;--bad:#ff8f84;--wait:#e3b04b;--link:#4fb8b1}}
*{box-sizing:border-box}
body{margin:0;background:var(--back);color:var(--text);font:16px/1.45 system-ui,sans-serif;overflow-wrap:anywhere}
main{max-width:70rem;margin:0 auto;padding:1rem}
header{display:flex;flex-wrap:wrap;gap:.25rem 1rem;align-items:baseline}
h1{font-size:1.4rem;margin:0}
h2{font-size:1.05rem;margin:0 0 .5rem}
.grid{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(20rem,100%),1fr));gap:1rem;margin-top:1rem}
section{background:var(--card);border:1px solid var(--line);border-radius:.75rem;padding:1rem;min-width:0}
.wide{margin-top:1rem}
.narrow{max-width:26rem;margin-top:12vh}
dl{display:grid;grid-template-columns:auto 1fr;gap:.15rem 1rem;margin:0}
dt{color:var(--soft)}
dd{margin:0;text-align:right;font-variant-numeric:tabular-nums}
table{width:100%;border-collapse:collapse;font-variant-numeric:tabular-nums}
th{color:var(--soft);font-weight:400;text-align:left}
th,td{padding:.2rem .5rem .2rem 0;border-top:1px solid var(--line);vertical-align:top}
thead th{border-top:0}
.number{text-align:right;white-space:nowrap;overflow-wrap:normal}
.changes td:nth-child(-n+2){white-space:nowrap;overflow-wrap:normal}
.scroll{overflow-x:auto}
.soft{color:var(--soft)}
.good{color:var(--good)}
.bad{color:var(--bad)}
.gone .good{color:var(--soft)}
.wait{color:var(--wait)}
p{margin:.4rem 0}
ul{margin:.4rem 0;padding-left:1.2rem}
form{display:flex;flex-wrap:wrap;gap:.5rem}
label{flex:1 0 100%}
input,button{font:inherit;color:inherit;background:var(--back);border:1px solid var(--soft);border-radius:.4rem;padding:.4rem .7rem}
input{flex:1 1 12rem;min-width:0}
a{color:var(--link)}
:focus-visible{outline:2px solid var(--link);outline-offset:1px}
@media(max-width:36rem){.changes thead{display:none}.changes tr{display:block;border-top:1px solid var(--line);padding:.3rem 0}.changes td{display:inline;border:0;padding:0 .4rem 0 0}}
`;

/**
 * Refreshes the parts that the server renders; the field that someone types in is none of them. When the connector does not
 * answer, heading and title say so and lose their green, and the rest keeps what was last known.
 */
export const pageScript = `
const every=5000;
async function refresh(){
  let stale=false;
  try{
    const answer=await fetch(location.href,{cache:'no-store',signal:AbortSignal.timeout(10000)});
    const next=new DOMParser().parseFromString(await answer.text(),'text/html');
    if(!next.getElementById('head'))throw new Error('another page');
    document.title=next.title;
    for(const part of document.querySelectorAll('[data-live]')){
      const fresh=next.getElementById(part.id);
      if(fresh)part.replaceWith(document.adoptNode(fresh));
    }
  }catch{stale=true}
  document.getElementById('stale').hidden=!stale;
  const heading=document.querySelector('h1');
  if(stale&&heading.className!=='bad'){
    heading.textContent='Not protecting';
    heading.className='bad';
    document.title=document.title.replace(/^[^:]*/,'Not protecting');
  }
  document.querySelector('main').classList.toggle('gone',stale||heading.className!=='good');
  setTimeout(refresh,every);
}
setTimeout(refresh,every);
`;
