int card;
