// One message: what was said and answered, every try, its odd lines, and Replay.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { useParams } from 'react-router';
import { send } from '../api/client';
import { useResource } from '../api/queries';
import type { MessageDetail } from '../api/types';
import { useSaid } from '../i18n/useSaid';
import { toast } from '../shell/appBridge';
import { Banner, Button, Card, Page } from '../ui/elements';
import { useFormat } from '../ui/format';
import { Failure, Loaded } from '../ui/patterns';
import { MessageState } from './Activity';

export default function ActivityMessage() {
  const { t } = useTranslation();
  const said = useSaid();
  const { time } = useFormat();
  const { id } = useParams();
  const queries = useQueryClient();
  const query = useResource<MessageDetail>(`/messages/${id}`, {}, true);
  const replay = useMutation({
    mutationFn: () => send('POST', `/messages/${id}/replay`),
    onSuccess: () => toast(t('activity.replayed')),
    onSettled: () => queries.invalidateQueries(),
  });
  return (
    <Loaded query={query}>
      {(message) => (
        <Page
          heading={`${message.topic} · ${t('activity.message', { id: message.id })}`}
          back={{ to: '/activity', label: t('activity.back') }}
          action={
            message.state !== 'waiting' && (
              <Button
                primary={message.state === 'dead'}
                busy={replay.isPending}
                onClick={() => replay.mutate()}
              >
                {t('activity.replay')}
              </Button>
            )
          }
        >
          {replay.error && <Failure error={replay.error} />}
          {message.state === 'dead' && (
            <Banner tone="critical" heading={said(message.error)}>
              {t('activity.deadHint')}
            </Banner>
          )}
          <Card>
            <MessageState message={message} /> {time(message.received_at)} ·{' '}
            {t('activity.attempts', { count: message.attempts })}
            {message.state === 'waiting' &&
              ` · ${t('activity.next', { when: time(message.due_at) })}`}
          </Card>
          {message.notes.length > 0 && (
            <Card heading={t('activity.odd')}>
              <ul className="plain">
                {message.notes.map((note) => (
                  <li key={`${note.code}${note.line}`}>
                    {t(`notes.${note.code}`)} <span className="subdued">{said(note.detail)}</span>
                  </li>
                ))}
              </ul>
            </Card>
          )}
          <Card heading={t('activity.request')}>
            <Code of={message.request} />
          </Card>
          {message.response !== null && (
            <Card heading={t('activity.response')}>
              <Code of={message.response} />
            </Card>
          )}
          {message.history.length > 0 && (
            <Card heading={t('activity.history')}>
              <ul className="plain">
                {message.history.map((one) => (
                  <li key={one.at + one.outcome}>
                    {time(one.at)} {t(`outcomes.${one.outcome}`)}{' '}
                    <span className="negative">{said(one.error)}</span>
                  </li>
                ))}
              </ul>
            </Card>
          )}
        </Page>
      )}
    </Loaded>
  );
}

/** What crossed the border, as it was; it scrolls, so the keyboard can reach it. */
function Code(props: { of: unknown }) {
  // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must take the focus to be scrolled
  return <pre tabIndex={0}>{JSON.stringify(props.of, null, 2)}</pre>;
}
