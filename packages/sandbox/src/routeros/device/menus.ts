import type { Request } from '../protocol/request.ts';
import { AddressList } from './address-list.ts';
import type { Counters } from './counters.ts';
import { checkParameters, findRows, printTable } from './table.ts';
import type { Answer, Table } from './table.ts';

/** One command of a menu. */
export interface MenuCommand {
  readonly policy: 'read' | 'write';
  /** Throws the router's traps. */
  run(request: Request): Answer;
}

/** A menu: its commands by name, and how many rows a scan of it looks at. */
export interface Menu {
  readonly commands: ReadonlyMap<string, MenuCommand>;
  rowCount(): number;
}

/** Rows that can be changed. Each method answers what it made or how many rows it touched. */
export interface WritableTable<Row> extends Table<Row> {
  add(request: Request): string;
  set(request: Request): number;
  remove(request: Request): number;
  move?(request: Request): number;
}

/** A menu that only shows. */
export function readOnlyMenu<Row>(table: Table<Row>, counters: Counters): Menu {
  return { commands: new Map(readCommands(table, counters)), rowCount: () => table.size };
}

/** A menu with add, set, remove, enable, disable, and move where the rows have an order. */
export function writableMenu<Row>(table: WritableTable<Row>, counters: Counters): Menu {
  const commands = new Map(readCommands(table, counters));
  const write = (name: string, run: (request: Request) => Answer) => commands.set(name, { policy: 'write', run });
  const set = (request: Request): Answer => {
    counters.entriesTouched += table.set(request);
    counters.sets += 1;
    return {};
  };
  write('add', (request) => {
    const ret = table.add(request);
    counters.adds += 1;
    counters.entriesTouched += 1;
    return { ret };
  });
  write('set', set);
  write('remove', (request) => {
    counters.entriesTouched += table.remove(request);
    counters.removes += 1;
    return {};
  });
  write('enable', (request) => set(withDisabled(request, 'no')));
  write('disable', (request) => set(withDisabled(request, 'yes')));
  if (table.move) {
    write('move', (request) => {
      counters.entriesTouched += table.move?.(request) ?? 0;
      counters.sets += 1;
      return {};
    });
  }
  return { commands, rowCount: () => table.size };
}

function readCommands<Row>(table: Table<Row>, counters: Counters): [string, MenuCommand][] {
  const print: MenuCommand = {
    policy: 'read',
    run: (request) => {
      counters.prints += 1;
      if (table instanceof AddressList && !request.attributes.has('.id')) counters.scans += 1;
      return printTable(table, request);
    },
  };
  const find: MenuCommand = {
    policy: 'read',
    run: (request) => {
      counters.prints += 1;
      if (table instanceof AddressList) counters.scans += 1;
      return findRows(table, request);
    },
  };
  return [
    ['print', print],
    ['getall', print],
    ['find', find],
  ];
}

function withDisabled(request: Request, disabled: string): Request {
  checkParameters(request, new Set(['.id', 'numbers']));
  return { ...request, attributes: new Map([...request.attributes, ['disabled', disabled]]) };
}
