/** A bouncing dot, inside the page so that no browser asks for a favicon. */
export const pageIcon =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Ccircle cx='8' cy='8' r='7' fill='%230550ae'/%3E%3Cpath d='M4 8h8' stroke='%23fff' stroke-width='2.5'/%3E%3C/svg%3E";

/** Style of the plain pages: one column on a phone, cards beside each other on a desk, light and dark. */
export const pageStyle = `
:root{color-scheme:light dark;--back:#f4f5f7;--card:#fff;--text:#1b1f24;--soft:#57606a;--line:#d5d9df;--good:#116329;--bad:#a40e26;--wait:#7d4e00;--link:#0550ae}
@media(prefers-color-scheme:dark){:root{--back:#0f1318;--card:#181d24;--text:#e6e9ee;--soft:#9aa4b2;--line:#2f3742;--good:#5bd07a;--bad:#ff8f8f;--wait:#e6b450;--link:#7ab7ff}}
*{box-sizing:border-box}
body{margin:0;background:var(--back);color:var(--text);font:16px/1.45 system-ui,sans-serif;overflow-wrap:anywhere}
main{max-width:70rem;margin:0 auto;padding:1rem}
header{display:flex;flex-wrap:wrap;gap:.25rem 1rem;align-items:baseline}
h1{font-size:1.4rem;margin:0}
h2{font-size:1.05rem;margin:0 0 .5rem}
.grid{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(20rem,100%),1fr));gap:1rem;margin-top:1rem}
section{background:var(--card);border:1px solid var(--line);border-radius:.5rem;padding:1rem;min-width:0}
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
.wait{color:var(--wait)}
p{margin:.4rem 0}
ul{margin:.4rem 0;padding-left:1.2rem}
form{display:flex;flex-wrap:wrap;gap:.5rem}
input,button{font:inherit;color:inherit;background:var(--back);border:1px solid var(--line);border-radius:.3rem;padding:.4rem .6rem}
input{flex:1 1 12rem;min-width:0}
a{color:var(--link)}
:focus-visible{outline:2px solid var(--link);outline-offset:1px}
@media(max-width:36rem){.changes thead{display:none}.changes tr{display:block;border-top:1px solid var(--line);padding:.3rem 0}.changes td{display:inline;border:0;padding:0 .4rem 0 0}}
`;

/**
 * Refreshes the parts that the server renders, only while the page is looked at; the field that someone types in is none
 * of them. When the connector does not answer, the page says so and keeps what it shows.
 */
export const pageScript = `
const every=5000;
async function refresh(){
  if(document.visibilityState==='visible'){
    let stale=false;
    try{
      const answer=await fetch(location.href,{cache:'no-store'});
      const next=new DOMParser().parseFromString(await answer.text(),'text/html');
      for(const part of document.querySelectorAll('[data-live]')){
        const fresh=next.getElementById(part.id);
        if(fresh)part.replaceWith(document.adoptNode(fresh));
      }
    }catch{stale=true}
    document.getElementById('stale').hidden=!stale;
  }
  setTimeout(refresh,every);
}
setTimeout(refresh,every);
`;
