// What every screen is made of: loading, error and empty states, tables, figures, pages of rows.
import { useMutation } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Problem } from '../api/client';
import { type Asked, type Format, saveTable, scheduleAddress } from '../api/exports';
import { useField } from '../i18n/useField';
import { useSaid } from '../i18n/useSaid';
import { Banner, Button, Select, Spinner, To } from './elements';

export interface Column<Row> {
  key: string;
  label: string;
  number?: boolean;
  show: (row: Row) => ReactNode;
}

/** A table that becomes a list of cards on a phone. */
export function Table<Row>(props: {
  label: string;
  columns: Column<Row>[];
  rows: Row[];
  rowKey: (row: Row) => string | number;
}) {
  return (
    <div className="scroll">
      <table className="stacks" aria-label={props.label}>
        <thead>
          <tr>
            {props.columns.map((column) => (
              <th key={column.key} scope="col" className={column.number ? 'number' : ''}>
                {column.label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {props.rows.map((row) => (
            <tr key={props.rowKey(row)}>
              {props.columns.map((column) => (
                <td
                  key={column.key}
                  data-label={column.label}
                  className={column.number ? 'number' : ''}
                >
                  {column.show(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Shows what a query came back with: nothing yet, a failure with the next action, or its data. */
export function Loaded<Data>(props: {
  query: { data: Data | undefined; error: Error | null; refetch: () => unknown };
  children: (data: Data) => ReactNode;
}) {
  const { t } = useTranslation();
  const { data, error, refetch } = props.query;
  return (
    <>
      {error && <Failure error={error} retry={() => refetch()} />}
      {data !== undefined && props.children(data)}
      {data === undefined && !error && (
        <div className="waiting">
          <Spinner label={t('common.loading')} />
        </div>
      )}
    </>
  );
}

/** A failure by its code in the person's language, else in the server's words; with what to do next. */
export function Failure(props: { error: Error; retry?: () => void }) {
  const { t, i18n } = useTranslation();
  const said = useSaid();
  const field = useField();
  const body = props.error instanceof Problem ? props.error.body : null;
  return (
    <Banner
      tone="critical"
      heading={t(props.retry ? 'error.title' : 'error.notDone')}
      action={props.retry && <Button onClick={props.retry}>{t('common.retry')}</Button>}
    >
      {body && i18n.exists(`problems.${body.code}`)
        ? t(`problems.${body.code}`)
        : said(body?.detail) || t('error.unreachable')}
      {body?.errors.map((one) => (
        <div key={one.field + one.message}>
          {field(one.field, true)}:{' '}
          {one.rule && i18n.exists(`invoices.rules.${one.rule}`)
            ? `${i18n.t(`invoices.rules.${one.rule}`)} ${i18n.t(`invoices.fixes.${one.rule}`)}`
            : said(one.message)}
        </div>
      ))}
      {body?.request_id && (
        <div className="subdued">{t('error.reference', { id: body.request_id })}</div>
      )}
    </Banner>
  );
}

/** A filter: one of the values, each by its word, or all. */
export function Narrow<Value extends string>(props: {
  label: string;
  value: string;
  values: readonly Value[];
  word: (value: Value) => string;
  onChange: (value: string) => void;
}) {
  const { t } = useTranslation();
  return (
    <Select
      label={props.label}
      value={props.value}
      onChange={props.onChange}
      options={[
        { value: '', label: t('common.all') },
        ...props.values.map((value) => ({ value, label: props.word(value) })),
      ]}
    />
  );
}

export function Empty(props: { children: ReactNode }) {
  return <div className="empty subdued">{props.children}</div>;
}

/** A list: its rows so far, or what it means that there is none; below it the next, and all as a file. */
export function Listed<Row>(props: {
  query: Asking & {
    data: { pages: { data: Row[] }[] } | undefined;
    error: Error | null;
    refetch: () => unknown;
  };
  empty: ReactNode;
  children: (rows: Row[]) => ReactNode;
}) {
  return (
    <>
      <Loaded query={props.query}>
        {({ pages }) => {
          const rows = pages.flatMap((page) => page.data);
          return rows.length === 0 ? <Empty>{props.empty}</Empty> : props.children(rows);
        }}
      </Loaded>
      <More query={props.query} />
    </>
  );
}

interface Asking {
  data: unknown;
  hasNextPage: boolean;
  isFetchingNextPage: boolean;
  fetchNextPage: () => unknown;
  asked: Asked;
}

/** Below a list: the next rows, and all of them as a file. */
export function More(props: { query: Asking }) {
  const { t } = useTranslation();
  if (props.query.data === undefined) return null;
  return (
    <div className="footer">
      {props.query.hasNextPage && (
        <Button busy={props.query.isFetchingNextPage} onClick={() => props.query.fetchNextPage()}>
          {t('common.more')}
        </Button>
      )}
      <Export asked={props.query.asked} />
    </div>
  );
}

const FORMATS = ['csv', 'xlsx'] as const;

/** Takes a table along: every row that its filters find, not only those on the screen. */
export function Export(props: { asked: Asked }) {
  const { t } = useTranslation();
  const save = useMutation({ mutationFn: (format: Format) => saveTable(props.asked, format) });
  return (
    <>
      {FORMATS.map((format) => (
        <Button
          key={format}
          busy={save.isPending && save.variables === format}
          disabled={save.isPending}
          onClick={() => save.mutate(format)}
        >
          {t(`exports.${format}`)}
        </Button>
      ))}
      <To to={scheduleAddress(props.asked)}>{t('exports.schedule')}</To>
      {save.error && <Failure error={save.error} />}
    </>
  );
}

export function Figures(props: { figures: { label: string; value: ReactNode }[] }) {
  return (
    <dl className="figures">
      {props.figures.map((figure) => (
        <div key={figure.label}>
          <dt>{figure.label}</dt>
          <dd>{figure.value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** An item's picture, SKU and title. */
export function Named(props: {
  item: { sku: string; title: string; image_url: string | null };
  children?: ReactNode;
}) {
  return (
    <div className="named">
      {props.item.image_url && <img src={props.item.image_url} alt="" loading="lazy" />}
      <div>
        <div>{props.children ?? props.item.sku}</div>
        <div className="subdued">{props.item.title}</div>
      </div>
    </div>
  );
}
