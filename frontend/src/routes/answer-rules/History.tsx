// Who changed the rules, and what they said then.
import { useTranslation } from 'react-i18next';
import type { AnswerRules } from '../../api/answering';
import { useWho } from '../../shell/session';
import { Card } from '../../ui/elements';
import { useFormat } from '../../ui/format';

export function History({ versions }: { versions: AnswerRules['history'] }) {
  const { t } = useTranslation();
  const who = useWho();
  const { time } = useFormat();
  if (versions.length === 0) return null;
  return (
    <Card heading={t('rules.history')}>
      <ul className="plain">
        {versions.map((one) => (
          <li key={one.version}>
            {time(one.made_at)} <span className="subdued">{who(one.made_by)}</span>:{' '}
            {one.rules
              .map(
                (rule) =>
                  `${rule.name} (${t(rule.active ? `rules.answers.${rule.answer}` : 'rules.off')})`,
              )
              .join(' · ') || t('common.none')}
          </li>
        ))}
      </ul>
    </Card>
  );
}
