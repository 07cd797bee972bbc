// What Amazon has not taken yet: how often it was tried, why it did not go, and when it is tried again.
import { useTranslation } from 'react-i18next';
import { useResource } from '../api/queries';
import type { MessageDetail } from '../api/types';
import { useSaid } from '../i18n/useSaid';
import { Banner, To } from '../ui/elements';
import { useFormat } from '../ui/format';

export function Retrying({ message }: { message: number | null }) {
  return message === null ? null : <OfMessage id={message} />;
}

function OfMessage({ id }: { id: number }) {
  const { t } = useTranslation();
  const said = useSaid();
  const { time } = useFormat();
  const { data } = useResource<MessageDetail>(`/messages/${id}`, {}, true);
  const failed = data?.history.findLast((one) => one.error !== null);
  if (data?.state !== 'waiting' || !failed) return null;
  return (
    <Banner
      tone="warning"
      heading={t('retrying.title', { count: data.attempts, when: time(data.due_at) })}
      action={<To to={`/activity/${id}`}>{t('retrying.open')}</To>}
    >
      {said(failed.error)} {t('retrying.nothing')}
    </Banner>
  );
}
