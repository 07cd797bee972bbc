// Finds a paper by the start of its number and chooses it: what a person knows and no rule finds.
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useResource } from '../api/queries';
import type { Page } from '../api/types';
import { Button, SearchField } from './elements';
import { Loaded } from './patterns';

interface Asked<Row> {
  /** What the search field is called. */
  label: string;
  path: string;
  query: Record<string, string | boolean>;
  rowKey: (row: Row) => string | number;
  show: (row: Row) => ReactNode;
  /** What the button beside each paper says. */
  choose: string;
  busy: boolean;
  onChoose: (row: Row) => void;
}

/** A button that opens into the search. */
export function Choose<Row>(props: Asked<Row> & { open: string }) {
  const [isOpen, setOpen] = useState(false);
  if (!isOpen) return <Button onClick={() => setOpen(true)}>{props.open}</Button>;
  return <Search {...props} />;
}

const MOST = 5;

function Search<Row>(props: Asked<Row>) {
  const { t } = useTranslation();
  const [search, setSearch] = useState('');
  const query = useResource<Page<Row>>(props.path, {
    ...props.query,
    search: search.trim(),
    limit: MOST,
  });
  return (
    <div className="choose">
      <SearchField label={props.label} value={search} onChange={setSearch} />
      <Loaded query={query}>
        {({ data }) =>
          data.length === 0 ? (
            <p className="subdued">{t('common.noneFits')}</p>
          ) : (
            data.map((row) => (
              <div key={props.rowKey(row)}>
                {props.show(row)}{' '}
                <Button busy={props.busy} onClick={() => props.onChoose(row)}>
                  {props.choose}
                </Button>
              </div>
            ))
          )
        }
      </Loaded>
    </div>
  );
}
