// A deadline, with how much time is left of it.
import { useTranslation } from 'react-i18next';
import { Badge } from './elements';
import { useFormat } from './format';
import { timeLeft } from './left';

export function TimeLeft({ by }: { by: string | null }) {
  const { i18n } = useTranslation();
  const { time } = useFormat();
  if (by === null) return <>–</>;
  const left = timeLeft(new Date(by), new Date());
  const words = new Intl.RelativeTimeFormat(i18n.language, { numeric: 'always' });
  return (
    <span>
      {time(by)} <Badge tone={left.tone}>{words.format(left.amount, left.unit)}</Badge>
    </span>
  );
}
