import type { Field, Form } from './form.ts';

/** Nothing to write to, no right that is not asked for, no more memory than it needs. */
const hardened = '--read-only --cap-drop ALL --security-opt no-new-privileges --memory 192m';

/** A template of Unraid's Docker tab, as it saves one itself. */
export function unraidTemplate(form: Form): string {
  const { name, image, title, description, source, isOfHost, capabilities, hasOutput, ports, preset } = form;
  const rights = [...capabilities.map((each) => `--cap-add ${each}`), ...(isOfHost ? ['--tmpfs /run'] : [])];
  const elements = {
    Name: name,
    Repository: image,
    Registry: `https://${image.replace(/:[^/]*$/, '')}`,
    Network: isOfHost ? 'host' : 'bridge',
    Shell: 'sh',
    Privileged: 'false',
    Support: `${source}/issues`,
    Project: source,
    Overview: `${title}. ${description}`,
    Category: 'Security: Network:Other',
    WebUI: isOfHost ? '' : 'http://[IP]:[PORT:9460]/',
    ExtraParams: [hardened, ...rights].join(' '),
  };
  const own = Object.entries(elements).map(([tag, text]) => `  <${tag}>${escaped(text)}</${tag}>\n`);
  const configs = [
    ...form.fields.map(variable),
    ...Object.entries(preset).map(([env, value]) =>
      config({
        Name: env,
        Target: env,
        Default: value,
        Description: '',
        Type: 'Variable',
        Display: 'advanced-hide',
        Required: 'false',
        Mask: 'false',
      }),
    ),
    ...(isOfHost ? [] : [port('Page and metrics', 9460)]),
    ...ports.map((each) => port('Answers for the proxy', each)),
    ...(hasOutput
      ? [
          config({
            Name: 'Folder for the proxy',
            Target: '/output',
            Default: `/mnt/user/appdata/${name}`,
            Mode: 'rw',
            Description: 'Belongs to the user 65532; the proxy mounts it as well.',
            Type: 'Path',
            Display: 'always',
            Required: 'true',
            Mask: 'false',
          }),
        ]
      : []),
  ];
  return `<?xml version="1.0"?>\n<Container version="2">\n${own.join('')}${configs.join('')}</Container>\n`;
}

function variable({ env, label, help, isRequired, isSecret, standard, choices }: Field): string {
  // Words by | are a list to choose from, whose first is chosen.
  const words = [standard, ...choices.filter((each) => each !== standard)].filter((each) => each !== '');
  return config({
    Name: label,
    Target: env,
    Default: choices.length > 0 ? words.join('|') : standard,
    Description: help,
    Type: 'Variable',
    Display: isRequired ? 'always' : 'advanced',
    Required: String(isRequired),
    Mask: String(isSecret),
    value: standard,
  });
}

function port(label: string, number: number): string {
  const [target, mode] = [String(number), 'tcp'];
  return config({
    Name: label,
    Target: target,
    Default: target,
    Mode: mode,
    Description: '',
    Type: 'Port',
    Display: 'always',
    Required: 'false',
    Mask: 'false',
  });
}

interface Config {
  readonly Name: string;
  readonly Target: string;
  readonly Default: string;
  readonly Mode?: string;
  readonly Description: string;
  readonly Type: 'Variable' | 'Path' | 'Port';
  readonly Display: 'always' | 'advanced' | 'advanced-hide';
  readonly Required: string;
  readonly Mask: string;
  /** Default: as Default. */
  readonly value?: string;
}

/** Without a blank more than Unraid writes: the catalogue's own parser is strict. */
function config({ value, Mode = '', ...given }: Config): string {
  const { Name, Target, Default, ...rest } = given;
  const attributes = Object.entries({ Name, Target, Default, Mode, ...rest }).map(
    ([key, text]) => ` ${key}="${escaped(text)}"`,
  );
  return `  <Config${attributes.join('')}>${escaped(value ?? Default)}</Config>\n`;
}

/** What is between tags or quotes in XML. */
function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
