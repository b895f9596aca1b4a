// The widget's own words, in the languages that it speaks. A list has them in the order of names.

const names = [
  "open", "close", "title", "placeholder", "send", "attach", "offline", "closed", "again", "human", "waiting", "joined",
  "typing", "failed", "retry", "drop", "notSent", "older", "sources", "helpful", "notHelpful", "thanks", "howWas", "score", "comment",
  "submit", "skip", "leadIntro", "name", "email", "phone", "invalid", "you", "bot", "agent", "log", "unread", "suggested", "tooBig", "refused", "fileSent",
] as const;

export type Words = Record<(typeof names)[number], string>;

const en = [
  "Open chat", "Close chat", "Chat with us", "Write a message…", "Send", "Attach a file", "Connection lost. Reconnecting…", "This conversation is closed.",
  "Write to start a new one.", "Talk to a person", "You're in the queue. A person will answer here soon.", "{0} joined the conversation",
  "{0} is typing", "No answer could be made to this message.", "Try again", "Discard", "Not sent", "Show earlier messages", "Sources", "Helpful", "Not helpful", "Thank you!",
  "How was this conversation?", "{0} of 5", "Anything to add? (optional)", "Submit", "Skip", "How can we reach you?", "Name", "Email", "Phone",
  "Please check this.", "You", "Assistant", "Agent", "Messages", "{0} unread messages", "Suggested questions", "Only images and PDF files up to 10 MB can be sent.", "Chat is not available here.", "File",
];

const all: Record<string, string[]> = {
  en,
  de: [
    "Chat öffnen", "Chat schließen", "Chatten Sie mit uns", "Nachricht schreiben …", "Senden", "Datei anhängen", "Verbindung unterbrochen. Neuer Versuch …", "Diese Unterhaltung ist beendet.",
    "Schreiben Sie, um eine neue zu beginnen.", "Mit einem Menschen sprechen", "Sie sind in der Warteschlange. Gleich antwortet Ihnen hier ein Mensch.", "{0} ist jetzt dabei",
    "{0} schreibt", "Auf diese Nachricht gab es keine Antwort.", "Erneut versuchen", "Verwerfen", "Nicht gesendet", "Frühere Nachrichten anzeigen", "Quellen", "Hilfreich", "Nicht hilfreich", "Vielen Dank!",
    "Wie war diese Unterhaltung?", "{0} von 5", "Möchten Sie etwas hinzufügen? (freiwillig)", "Absenden", "Überspringen", "Wie erreichen wir Sie?", "Name", "E-Mail", "Telefon",
    "Bitte prüfen Sie das.", "Sie", "Assistent", "Mitarbeiter", "Nachrichten", "{0} ungelesene Nachrichten", "Vorgeschlagene Fragen", "Nur Bilder und PDF-Dateien bis 10 MB können gesendet werden.", "Der Chat ist hier nicht verfügbar.", "Datei",
  ],
  fr: [
    "Ouvrir le chat", "Fermer le chat", "Discutez avec nous", "Écrivez un message…", "Envoyer", "Joindre un fichier", "Connexion perdue. Reconnexion…", "Cette conversation est terminée.",
    "Écrivez pour en commencer une nouvelle.", "Parler à une personne", "Vous êtes dans la file d'attente. Une personne vous répondra bientôt ici.", "{0} a rejoint la conversation",
    "{0} écrit", "Aucune réponse n'a pu être donnée à ce message.", "Réessayer", "Abandonner", "Non envoyé", "Afficher les messages précédents", "Sources", "Utile", "Pas utile", "Merci !",
    "Comment s'est passée cette conversation ?", "{0} sur 5", "Quelque chose à ajouter ? (facultatif)", "Envoyer", "Passer", "Comment vous joindre ?", "Nom", "E-mail", "Téléphone",
    "Veuillez vérifier.", "Vous", "Assistant", "Conseiller", "Messages", "{0} messages non lus", "Questions suggérées", "Seuls les images et les PDF jusqu'à 10 Mo peuvent être envoyés.", "Le chat n'est pas disponible ici.", "Fichier",
  ],
  es: [
    "Abrir el chat", "Cerrar el chat", "Chatea con nosotros", "Escribe un mensaje…", "Enviar", "Adjuntar un archivo", "Conexión perdida. Reconectando…", "Esta conversación está cerrada.",
    "Escribe para empezar una nueva.", "Hablar con una persona", "Estás en la cola. Una persona te responderá aquí pronto.", "{0} se ha unido a la conversación",
    "{0} está escribiendo", "No se pudo responder a este mensaje.", "Reintentar", "Descartar", "No enviado", "Mostrar mensajes anteriores", "Fuentes", "Útil", "No útil", "¡Gracias!",
    "¿Qué tal esta conversación?", "{0} de 5", "¿Algo que añadir? (opcional)", "Enviar", "Omitir", "¿Cómo podemos contactarte?", "Nombre", "Correo electrónico", "Teléfono",
    "Revisa este dato.", "Tú", "Asistente", "Agente", "Mensajes", "{0} mensajes sin leer", "Preguntas sugeridas", "Solo se pueden enviar imágenes y PDF de hasta 10 MB.", "El chat no está disponible aquí.", "Archivo",
  ],
  it: [
    "Apri la chat", "Chiudi la chat", "Chatta con noi", "Scrivi un messaggio…", "Invia", "Allega un file", "Connessione persa. Riconnessione…", "Questa conversazione è chiusa.",
    "Scrivi per iniziarne una nuova.", "Parla con una persona", "Sei in coda. Una persona ti risponderà qui a breve.", "{0} si è unito alla conversazione",
    "{0} sta scrivendo", "Non è stato possibile rispondere a questo messaggio.", "Riprova", "Elimina", "Non inviato", "Mostra messaggi precedenti", "Fonti", "Utile", "Non utile", "Grazie!",
    "Com'è andata la conversazione?", "{0} su 5", "Vuoi aggiungere qualcosa? (facoltativo)", "Invia", "Salta", "Come possiamo contattarti?", "Nome", "E-mail", "Telefono",
    "Controlla questo dato.", "Tu", "Assistente", "Operatore", "Messaggi", "{0} messaggi non letti", "Domande suggerite", "Si possono inviare solo immagini e PDF fino a 10 MB.", "La chat non è disponibile qui.", "File",
  ],
  nl: [
    "Chat openen", "Chat sluiten", "Chat met ons", "Schrijf een bericht…", "Verzenden", "Bestand bijvoegen", "Verbinding verbroken. Opnieuw verbinden…", "Dit gesprek is gesloten.",
    "Schrijf om een nieuw gesprek te beginnen.", "Met een medewerker praten", "U staat in de wachtrij. Een medewerker antwoordt hier zo snel mogelijk.", "{0} neemt nu deel aan het gesprek",
    "{0} is aan het typen", "Op dit bericht kon geen antwoord worden gegeven.", "Opnieuw proberen", "Weggooien", "Niet verzonden", "Eerdere berichten tonen", "Bronnen", "Nuttig", "Niet nuttig", "Bedankt!",
    "Hoe was dit gesprek?", "{0} van 5", "Wilt u iets toevoegen? (optioneel)", "Versturen", "Overslaan", "Hoe kunnen we u bereiken?", "Naam", "E-mail", "Telefoon",
    "Controleer dit.", "U", "Assistent", "Medewerker", "Berichten", "{0} ongelezen berichten", "Voorgestelde vragen", "Alleen afbeeldingen en pdf-bestanden tot 10 MB kunnen worden verzonden.", "De chat is hier niet beschikbaar.", "Bestand",
  ],
  pt: [
    "Abrir o chat", "Fechar o chat", "Converse conosco", "Escreva uma mensagem…", "Enviar", "Anexar um arquivo", "Conexão perdida. Reconectando…", "Esta conversa está encerrada.",
    "Escreva para começar uma nova.", "Falar com uma pessoa", "Você está na fila. Uma pessoa responderá aqui em breve.", "{0} entrou na conversa",
    "{0} está digitando", "Não foi possível responder a esta mensagem.", "Tentar de novo", "Descartar", "Não enviada", "Mostrar mensagens anteriores", "Fontes", "Útil", "Não útil", "Obrigado!",
    "Como foi esta conversa?", "{0} de 5", "Algo a acrescentar? (opcional)", "Enviar", "Pular", "Como podemos falar com você?", "Nome", "E-mail", "Telefone",
    "Verifique este campo.", "Você", "Assistente", "Atendente", "Mensagens", "{0} mensagens não lidas", "Perguntas sugeridas", "Só é possível enviar imagens e PDF de até 10 MB.", "O chat não está disponível aqui.", "Arquivo",
  ],
  ja: [
    "チャットを開く", "チャットを閉じる", "お問い合わせ", "メッセージを入力…", "送信", "ファイルを添付", "接続が切れました。再接続しています…", "この会話は終了しました。",
    "メッセージを書くと新しい会話が始まります。", "担当者と話す", "順番にご案内しています。まもなく担当者がここで返信します。", "{0}が参加しました",
    "{0}が入力中", "このメッセージには回答できませんでした。", "再試行", "破棄", "未送信", "以前のメッセージを表示", "参照元", "役に立った", "役に立たなかった", "ありがとうございます！",
    "この会話はいかがでしたか？", "5段階中{0}", "ご意見（任意）", "送信", "スキップ", "ご連絡先を教えてください", "お名前", "メールアドレス", "電話番号",
    "入力内容をご確認ください。", "あなた", "アシスタント", "担当者", "メッセージ", "未読メッセージ {0} 件", "よくある質問", "送信できるのは10 MBまでの画像とPDFだけです。", "ここではチャットを利用できません。", "ファイル",
  ],
};

/** The language to speak: the one that is set, or the first of the visitor's that it knows. */
export function languageOf(locale: string, preferred: readonly string[]): string {
  if (all[locale]) return locale;
  for (const tag of preferred) {
    const base = tag.toLowerCase().split("-")[0]!;
    if (all[base]) return base;
  }
  return "en";
}

export function wordsOf(language: string): Words {
  const list = all[language] || en;
  return Object.fromEntries(names.map((name, i) => [name, list[i] || en[i]])) as Words;
}

export function fill(text: string, value: string | number): string {
  return text.replace("{0}", String(value));
}
