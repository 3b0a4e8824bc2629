import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { versionOf } from '../tools/read-plugin.ts';
import { pluginModule } from '../src/plugin/documents.ts';

const run = promisify(execFile);

/** A source of the plugin to test against, with its vendored modules. */
export interface PluginSource {
  readonly folder: string;
  /** `v1.7.1` */
  readonly version: string;
}

/** Those that the variable PLUGIN_SRC names, by comma. */
export const pluginSources: readonly PluginSource[] = (process.env['PLUGIN_SRC'] ?? '')
  .split(',')
  .filter(Boolean)
  .map((folder) => ({ folder, version: versionOf(folder) }));

/** The first one is for a real Traefik. */
const pluginSource = pluginSources[0]?.folder;

/** Why a Traefik cannot run the plugin here; undefined when it can. */
export const noPlugin = pluginSource === undefined ? 'PLUGIN_SRC names no source of the plugin' : undefined;

/** Why these tests cannot run; undefined when they can. */
export async function missingPlugin(): Promise<string | undefined> {
  if (noPlugin !== undefined) return noPlugin;
  return run('go', ['version']).then(
    () => undefined,
    () => 'there is no go here',
  );
}

/**
 * Reads one JSON object of options a line, decodes it into the plugin's own Config as Traefik does (weakly typed, names
 * without regard to capitals), makes the middleware by the plugin's own New, and prints a line: ok, or why not.
 * Nothing is asked of any network: stream mode is checked as stream and started as live, and mode alone only checked.
 */
const harness = `package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"reflect"
	"strconv"
	"strings"

	plugin "github.com/maxlerebourg/crowdsec-bouncer-traefik-plugin"
	configuration "github.com/maxlerebourg/crowdsec-bouncer-traefik-plugin/pkg/configuration"
)

func words(value any) []string {
	switch typed := value.(type) {
	case []any:
		list := []string{}
		for _, item := range typed {
			list = append(list, fmt.Sprint(item))
		}
		return list
	case string:
		if typed == "" {
			return []string{}
		}
		return strings.Split(typed, ",")
	}
	return []string{fmt.Sprint(value)}
}

func set(field reflect.Value, value any) error {
	if field.Kind() == reflect.Slice {
		field.Set(reflect.ValueOf(words(value)))
		return nil
	}
	if _, isList := value.([]any); isList {
		return fmt.Errorf("a list")
	}
	text := fmt.Sprint(value)
	switch field.Kind() {
	case reflect.Bool:
		if text == "" {
			text = "false"
		}
		parsed, err := strconv.ParseBool(text)
		field.SetBool(parsed)
		return err
	case reflect.Int, reflect.Int64:
		if text == "" {
			text = "0"
		}
		parsed, err := strconv.ParseInt(text, 0, 64)
		field.SetInt(parsed)
		return err
	}
	field.SetString(text)
	return nil
}

// Before v1.6.0 it takes no logger.
func validate(config any) error {
	check := reflect.ValueOf(configuration.ValidateParams)
	arguments := []reflect.Value{reflect.ValueOf(config)}
	if check.Type().NumIn() > 1 {
		arguments = append(arguments, reflect.ValueOf(slog.New(slog.NewTextHandler(io.Discard, nil))))
	}
	err, _ := check.Call(arguments)[0].Interface().(error)
	return err
}

func check(line string) error {
	options := map[string]any{}
	decoder := json.NewDecoder(strings.NewReader(line))
	decoder.UseNumber()
	if err := decoder.Decode(&options); err != nil {
		return err
	}
	config := plugin.CreateConfig()
	fields := reflect.ValueOf(config).Elem()
	for name, value := range options {
		field := fields.FieldByNameFunc(func(each string) bool { return strings.EqualFold(each, name) })
		if field.IsValid() {
			if err := set(field, value); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
	}
	if field := fields.FieldByName("MetricsUpdateIntervalSeconds"); field.IsValid() {
		field.SetInt(min(field.Int(), 0))
	}
	if config.CrowdsecMode == "alone" {
		return validate(config)
	}
	if config.CrowdsecMode == "stream" {
		copied := *config
		if err := validate(&copied); err != nil {
			return err
		}
		config.CrowdsecMode = "live"
	}
	_, err := plugin.New(context.Background(), http.NotFoundHandler(), config, "test")
	return err
}

func main() {
	answers := os.Stdout
	os.Stdout = os.Stderr
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if err := check(lines.Text()); err != nil {
			fmt.Fprintln(answers, strings.ReplaceAll(err.Error(), "\\n", " "))
		} else {
			fmt.Fprintln(answers, "ok")
		}
	}
}
`;

/** Puts the plugin where a Traefik that runs in `folder` looks for local ones. */
export function placePlugin(folder: string): void {
  const place = path.join(folder, 'plugins-local/src', pluginModule);
  cpSync(pluginSource ?? '', place, { recursive: true });
}

/** Builds a plugin with a main of its own, in a copy of its source. */
export async function buildPlugin(source: PluginSource, folder: string): Promise<string> {
  const copy = path.join(folder, source.version);
  cpSync(source.folder, copy, { recursive: true });
  mkdirSync(path.join(copy, 'harness'));
  writeFileSync(path.join(copy, 'harness/main.go'), harness);
  const program = path.join(folder, `harness-${source.version}`);
  await run('go', ['build', '-mod=vendor', '-o', program, './harness'], { cwd: copy });
  return program;
}

/** What the plugin says to each of the option sets: `ok`, or why it does not start. */
export async function askPlugin(program: string, sets: readonly object[]): Promise<readonly string[]> {
  const child = spawn(program, { stdio: ['pipe', 'pipe', 'ignore'] });
  const answers: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => answers.push(line));
  child.stdin.end(sets.map((options) => `${JSON.stringify(options)}\n`).join(''));
  await once(child, 'close');
  return answers;
}
