// What a person does with a dispute: copy the words, file it in Vendor Central, type the case here.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { send } from '../../api/client';
import type { DisputeDetail } from '../../api/disputes';
import { Button, Card, NumberField, TextField } from '../../ui/elements';
import { Failure } from '../../ui/patterns';

export function Filing({ dispute }: { dispute: DisputeDetail }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [caseNumber, setCaseNumber] = useState('');
  const [amount, setAmount] = useState(dispute.amount.amount);
  const [note, setNote] = useState(dispute.note);
  const path = `/disputes/${dispute.dispute_id}`;
  const done = useMutation({
    mutationFn: (ask: { method: 'PUT' | 'POST'; tail: string; body: unknown }) =>
      send<DisputeDetail>(ask.method, path + ask.tail, ask.body),
    onSettled: () => queries.invalidateQueries(),
  });
  const can = (what: DisputeDetail['can'][number]) => dispute.can.includes(what);
  if (dispute.can.length === 0) return null;
  return (
    <Card heading={t('disputes.filing')}>
      {done.error && <Failure error={done.error} />}
      {can('change') && (
        <div className="filters top">
          <NumberField
            label={t('disputes.asked', { currency: dispute.currency })}
            value={amount}
            step={0.01}
            onChange={setAmount}
          />
          <TextField label={t('disputes.note')} value={note} onChange={setNote} />
          <Button
            busy={done.isPending}
            onClick={() => done.mutate({ method: 'PUT', tail: '', body: { amount, note } })}
          >
            {t('disputes.keep')}
          </Button>
        </div>
      )}
      {can('file') && (
        <>
          <p className="subdued">{t('disputes.filingHint')}</p>
          <div className="filters top">
            <TextField
              label={t('disputes.caseNumber')}
              value={caseNumber}
              onChange={setCaseNumber}
            />
            <Button
              primary
              busy={done.isPending}
              disabled={caseNumber.trim() === ''}
              onClick={() =>
                done.mutate({
                  method: 'POST',
                  tail: '/file',
                  body: { case_number: caseNumber.trim() },
                })
              }
            >
              {t('disputes.filed')}
            </Button>
          </div>
        </>
      )}
      <div className="filters">
        {can('deny') && (
          <Button
            busy={done.isPending}
            onClick={() => done.mutate({ method: 'POST', tail: '/deny', body: {} })}
          >
            {t('disputes.deny')}
          </Button>
        )}
        {can('withdraw') && (
          <Button
            busy={done.isPending}
            onClick={() => done.mutate({ method: 'POST', tail: '/withdraw', body: {} })}
          >
            {t('disputes.withdraw')}
          </Button>
        )}
      </div>
    </Card>
  );
}

export function CaseText({ texts }: { texts: Record<string, string> }) {
  const { t, i18n } = useTranslation();
  const [copied, setCopied] = useState('');
  const languages = Object.keys(texts).sort(
    (a, b) => Number(b === i18n.language) - Number(a === i18n.language),
  );
  return (
    <Card heading={t('disputes.caseText')}>
      {languages.map((language) => (
        <section key={language} lang={language}>
          <h3>{t(`disputes.languages.${language}`)}</h3>
          <pre className="case">{texts[language]}</pre>
          <Button
            onClick={() => {
              navigator.clipboard.writeText(texts[language] ?? '').then(
                () => setCopied(language),
                () => setCopied(''),
              );
            }}
          >
            {t(copied === language ? 'disputes.copied' : 'disputes.copy')}
          </Button>
        </section>
      ))}
    </Card>
  );
}
