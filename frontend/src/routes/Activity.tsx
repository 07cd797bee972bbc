// Activity: everything that came in or went out, newest first; what is dead asks for a person.
import { useTranslation } from 'react-i18next';
import { usePages } from '../api/queries';
import type { Message } from '../api/types';
import { useSaid } from '../i18n/useSaid';
import { useFilters } from '../shell/filters';
import { Badge, Card, Page, Select, To } from '../ui/elements';
import { useFormat } from '../ui/format';
import { Empty, Loaded, More, Table } from '../ui/patterns';

const TONES = { waiting: 'info', done: 'success', dead: 'critical', ignored: 'neutral' } as const;

export default function Activity() {
  const { t } = useTranslation();
  const said = useSaid();
  const { time } = useFormat();
  const [chosen, change] = useFilters(['direction', 'channel', 'state']);
  const query = usePages<Message>('/messages', chosen, true);
  const options = (values: string[], label: (value: string) => string) => [
    { value: '', label: t('common.all') },
    ...values.map((value) => ({ value, label: label(value) })),
  ];
  return (
    <Page heading={t('activity.title')}>
      <Card flush>
        <div className="filters">
          <Select
            label={t('activity.direction')}
            value={chosen.direction}
            onChange={(direction) => change({ direction })}
            options={options(['in', 'out'], (value) => t(`activity.${value}`))}
          />
          <Select
            label={t('activity.channel')}
            value={chosen.channel}
            onChange={(channel) => change({ channel })}
            options={options(['shopify', 'amazon', 'email', 'alert'], (value) =>
              t(`names.${value}`),
            )}
          />
          <Select
            label={t('activity.state')}
            value={chosen.state}
            onChange={(state) => change({ state })}
            options={options(Object.keys(TONES), (value) => t(`activity.states.${value}`))}
          />
        </div>
        <Loaded query={query}>
          {(data) => {
            const rows = data.pages.flatMap((page) => page.data);
            if (rows.length === 0)
              return (
                <Empty>
                  {Object.values(chosen).some(Boolean)
                    ? t('activity.noMatch')
                    : t('activity.empty')}
                </Empty>
              );
            return (
              <Table
                label={t('activity.title')}
                rows={rows}
                rowKey={(row) => row.id}
                columns={[
                  {
                    key: 'when',
                    label: t('activity.received'),
                    show: (row) => time(row.received_at),
                  },
                  {
                    key: 'direction',
                    label: t('activity.direction'),
                    show: (row) =>
                      `${t(`activity.${row.direction}`)} · ${t(`names.${row.channel}`)}`,
                  },
                  {
                    key: 'topic',
                    label: t('activity.topic'),
                    show: (row) => <To to={`/activity/${row.id}`}>{row.topic}</To>,
                  },
                  {
                    key: 'reference',
                    label: t('activity.reference'),
                    show: (row) => <span className="wrap">{row.reference ?? '–'}</span>,
                  },
                  {
                    key: 'state',
                    label: t('activity.state'),
                    show: (row) => (
                      <span>
                        <MessageState message={row} />
                        {row.notes.length > 0 && <Badge tone="warning">{t('activity.odd')}</Badge>}
                        {row.error && <div className="negative wrap">{said(row.error)}</div>}
                      </span>
                    ),
                  },
                ]}
              />
            );
          }}
        </Loaded>
        <More query={query} />
      </Card>
    </Page>
  );
}

export function MessageState({ message }: { message: Message }) {
  const { t } = useTranslation();
  return <Badge tone={TONES[message.state]}>{t(`activity.states.${message.state}`)}</Badge>;
}
