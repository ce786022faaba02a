// Some hundred films as facts, in the documented shape of `marquee import-catalogue`.

/** title (original title) | year | minutes | genres | rating | director | actors | score out of ten */
const FILMS = `
The Godfather|1972|175|Crime, Drama|R|Francis Ford Coppola|Marlon Brando, Al Pacino|9.2
The Godfather Part II|1974|202|Crime, Drama|R|Francis Ford Coppola|Al Pacino, Robert De Niro|9.0
Apocalypse Now|1979|147|War, Drama|R|Francis Ford Coppola|Martin Sheen, Marlon Brando|8.4
The Conversation|1974|113|Thriller|PG|Francis Ford Coppola|Gene Hackman, John Cazale|7.7
Amélie (Le Fabuleux Destin d'Amélie Poulain)|2001|122|Comedy, Romance|R|Jean-Pierre Jeunet|Audrey Tautou, Mathieu Kassovitz|8.3
Delicatessen|1991|99|Comedy|R|Jean-Pierre Jeunet|Dominique Pinon, Marie-Laure Dougnac|7.5
Star Wars|1977|121|Science Fiction, Adventure|PG|George Lucas|Mark Hamill, Carrie Fisher, Harrison Ford|8.6
The Empire Strikes Back|1980|124|Science Fiction, Adventure|PG|Irvin Kershner|Mark Hamill, Harrison Ford|8.7
American Graffiti|1973|110|Comedy|PG|George Lucas|Richard Dreyfuss, Ron Howard|7.4
Raiders of the Lost Ark|1981|115|Adventure|PG|Steven Spielberg|Harrison Ford, Karen Allen|8.4
Jaws|1975|124|Thriller|PG|Steven Spielberg|Roy Scheider, Richard Dreyfuss|8.1
Close Encounters of the Third Kind|1977|138|Science Fiction|PG|Steven Spielberg|Richard Dreyfuss, François Truffaut|7.6
Schindler's List|1993|195|Drama|R|Steven Spielberg|Liam Neeson, Ben Kingsley|9.0
Jurassic Park|1993|127|Science Fiction, Adventure|PG-13|Steven Spielberg|Sam Neill, Laura Dern|8.2
Blade Runner|1982|117|Science Fiction|R|Ridley Scott|Harrison Ford, Rutger Hauer|8.1
Alien|1979|117|Science Fiction, Horror|R|Ridley Scott|Sigourney Weaver, John Hurt|8.5
Gladiator|2000|155|Drama, Adventure|R|Ridley Scott|Russell Crowe, Joaquin Phoenix|8.5
Thelma & Louise|1991|130|Drama, Crime|R|Ridley Scott|Susan Sarandon, Geena Davis|7.6
Aliens|1986|137|Science Fiction, Action|R|James Cameron|Sigourney Weaver, Michael Biehn|8.4
The Terminator|1984|107|Science Fiction, Action|R|James Cameron|Arnold Schwarzenegger, Linda Hamilton|8.1
Titanic|1997|194|Drama, Romance|PG-13|James Cameron|Leonardo DiCaprio, Kate Winslet|7.9
Psycho|1960|109|Horror, Thriller|R|Alfred Hitchcock|Anthony Perkins, Janet Leigh|8.5
Vertigo|1958|128|Thriller, Romance|PG|Alfred Hitchcock|James Stewart, Kim Novak|8.3
Rear Window|1954|112|Thriller|PG|Alfred Hitchcock|James Stewart, Grace Kelly|8.5
North by Northwest|1959|136|Thriller, Adventure|Not Rated|Alfred Hitchcock|Cary Grant, Eva Marie Saint|8.3
The Birds|1963|119|Horror|PG-13|Alfred Hitchcock|Tippi Hedren, Rod Taylor|7.6
Notorious|1946|102|Thriller, Romance|Not Rated|Alfred Hitchcock|Cary Grant, Ingrid Bergman|7.9
Casablanca|1942|102|Drama, Romance|PG|Michael Curtiz|Humphrey Bogart, Ingrid Bergman|8.5
Citizen Kane|1941|119|Drama|PG|Orson Welles|Orson Welles, Joseph Cotten|8.3
Touch of Evil|1958|95|Crime, Thriller|PG-13|Orson Welles|Charlton Heston, Orson Welles|8.0
The Third Man|1949|93|Thriller|Not Rated|Carol Reed|Joseph Cotten, Orson Welles|8.1
Metropolis|1927|153|Science Fiction|Not Rated|Fritz Lang|Brigitte Helm, Alfred Abel|8.3
M|1931|99|Crime, Thriller|Not Rated|Fritz Lang|Peter Lorre|8.3
Nosferatu|1922|94|Horror|Not Rated|F. W. Murnau|Max Schreck|7.8
Sunrise|1927|94|Drama, Romance|Not Rated|F. W. Murnau|Janet Gaynor, George O'Brien|8.1
Modern Times|1936|87|Comedy|G|Charlie Chaplin|Charlie Chaplin, Paulette Goddard|8.5
City Lights|1931|87|Comedy, Romance|G|Charlie Chaplin|Charlie Chaplin, Virginia Cherrill|8.5
The Great Dictator|1940|125|Comedy, War|G|Charlie Chaplin|Charlie Chaplin, Paulette Goddard|8.4
The General|1926|67|Comedy, Adventure|Not Rated|Buster Keaton|Buster Keaton, Marion Mack|8.1
Sherlock Jr.|1924|45|Comedy|Not Rated|Buster Keaton|Buster Keaton, Kathryn McGuire|8.2
A Trip to the Moon (Le Voyage dans la Lune)|1902|13|Science Fiction|Not Rated|Georges Méliès|Georges Méliès|8.1
Seven Samurai (七人の侍)|1954|207|Action, Drama|Not Rated|Akira Kurosawa|Toshiro Mifune, Takashi Shimura|8.6
Rashomon (羅生門)|1950|88|Crime, Drama|Not Rated|Akira Kurosawa|Toshiro Mifune, Machiko Kyo|8.1
Yojimbo (用心棒)|1961|110|Action|Not Rated|Akira Kurosawa|Toshiro Mifune|8.2
Tokyo Story (東京物語)|1953|136|Drama|Not Rated|Yasujiro Ozu|Chishu Ryu, Setsuko Hara|8.1
Spirited Away (千と千尋の神隠し)|2001|125|Animation, Adventure|PG|Hayao Miyazaki|Rumi Hiiragi|8.6
My Neighbor Totoro (となりのトトロ)|1988|86|Animation|G|Hayao Miyazaki|Noriko Hidaka|8.1
Princess Mononoke (もののけ姫)|1997|134|Animation, Adventure|PG-13|Hayao Miyazaki|Yoji Matsuda|8.3
Akira|1988|124|Animation, Science Fiction|R|Katsuhiro Otomo|Mitsuo Iwata|8.0
Bicycle Thieves (Ladri di biciclette)|1948|89|Drama|Not Rated|Vittorio De Sica|Lamberto Maggiorani|8.2
La Dolce Vita|1960|174|Drama|Not Rated|Federico Fellini|Marcello Mastroianni, Anita Ekberg|8.0
8½|1963|138|Drama|Not Rated|Federico Fellini|Marcello Mastroianni, Claudia Cardinale|8.0
Once Upon a Time in the West (C'era una volta il West)|1968|165|Western|PG-13|Sergio Leone|Henry Fonda, Claudia Cardinale|8.5
The Good, the Bad and the Ugly|1966|178|Western|R|Sergio Leone|Clint Eastwood, Eli Wallach|8.8
Unforgiven|1992|130|Western, Drama|R|Clint Eastwood|Clint Eastwood, Gene Hackman|8.2
High Noon|1952|85|Western|PG|Fred Zinnemann|Gary Cooper, Grace Kelly|7.9
The Searchers|1956|119|Western|PG|John Ford|John Wayne, Natalie Wood|7.8
Stagecoach|1939|96|Western|PG|John Ford|John Wayne, Claire Trevor|7.8
The 400 Blows (Les Quatre Cents Coups)|1959|99|Drama|Not Rated|François Truffaut|Jean-Pierre Léaud|8.1
Jules and Jim (Jules et Jim)|1962|105|Drama, Romance|Not Rated|François Truffaut|Jeanne Moreau, Oskar Werner|7.7
Breathless (À bout de souffle)|1960|90|Crime, Drama|Not Rated|Jean-Luc Godard|Jean-Paul Belmondo, Jean Seberg|7.7
Contempt (Le Mépris)|1963|102|Drama, Romance|Not Rated|Jean-Luc Godard|Brigitte Bardot, Michel Piccoli|7.5
Cléo from 5 to 7 (Cléo de 5 à 7)|1962|90|Drama, Comedy|Not Rated|Agnès Varda|Corinne Marchand|7.8
Playtime|1967|124|Comedy|Not Rated|Jacques Tati|Jacques Tati|7.8
Mon Oncle|1958|117|Comedy|Not Rated|Jacques Tati|Jacques Tati|7.7
La Haine|1995|98|Crime, Drama|Not Rated|Mathieu Kassovitz|Vincent Cassel, Saïd Taghmaoui|8.1
Persona|1966|83|Drama|Not Rated|Ingmar Bergman|Bibi Andersson, Liv Ullmann|8.1
The Seventh Seal (Det sjunde inseglet)|1957|96|Drama|Not Rated|Ingmar Bergman|Max von Sydow|8.1
Wild Strawberries (Smultronstället)|1957|91|Drama|Not Rated|Ingmar Bergman|Victor Sjöström, Bibi Andersson|8.1
Solaris (Солярис)|1972|167|Science Fiction, Drama|PG|Andrei Tarkovsky|Donatas Banionis|8.0
Stalker (Сталкер)|1979|162|Science Fiction, Drama|Not Rated|Andrei Tarkovsky|Alexander Kaidanovsky|8.1
Battleship Potemkin (Броненосец «Потёмкин»)|1925|66|Drama|Not Rated|Sergei Eisenstein|Aleksandr Antonov|7.9
Wings of Desire (Der Himmel über Berlin)|1987|128|Drama, Romance|PG-13|Wim Wenders|Bruno Ganz, Solveig Dommartin|7.9
Paris, Texas|1984|145|Drama|R|Wim Wenders|Harry Dean Stanton, Nastassja Kinski|8.1
Run Lola Run (Lola rennt)|1998|81|Thriller, Action|R|Tom Tykwer|Franka Potente|7.6
The Lives of Others (Das Leben der Anderen)|2006|137|Drama, Thriller|R|Florian Henckel von Donnersmarck|Ulrich Mühe|8.4
Das Boot|1981|149|War, Drama|R|Wolfgang Petersen|Jürgen Prochnow|8.4
2001: A Space Odyssey|1968|149|Science Fiction|G|Stanley Kubrick|Keir Dullea, Gary Lockwood|8.3
Dr. Strangelove|1964|95|Comedy, War|PG|Stanley Kubrick|Peter Sellers, George C. Scott|8.4
The Shining|1980|146|Horror|R|Stanley Kubrick|Jack Nicholson, Shelley Duvall|8.4
Barry Lyndon|1975|185|Drama, Adventure|PG|Stanley Kubrick|Ryan O'Neal, Marisa Berenson|8.1
Paths of Glory|1957|88|War, Drama|Not Rated|Stanley Kubrick|Kirk Douglas|8.4
Taxi Driver|1976|114|Crime, Drama|R|Martin Scorsese|Robert De Niro, Jodie Foster|8.2
Raging Bull|1980|129|Drama|R|Martin Scorsese|Robert De Niro, Joe Pesci|8.1
Goodfellas|1990|145|Crime, Drama|R|Martin Scorsese|Ray Liotta, Robert De Niro|8.7
The Departed|2006|151|Crime, Thriller|R|Martin Scorsese|Leonardo DiCaprio, Matt Damon|8.5
Pulp Fiction|1994|154|Crime, Drama|R|Quentin Tarantino|John Travolta, Uma Thurman|8.9
Reservoir Dogs|1992|99|Crime, Thriller|R|Quentin Tarantino|Harvey Keitel, Tim Roth|8.3
Jackie Brown|1997|154|Crime|R|Quentin Tarantino|Pam Grier, Samuel L. Jackson|7.5
Fargo|1996|98|Crime, Comedy|R|Joel Coen|Frances McDormand, William H. Macy|8.1
The Big Lebowski|1998|117|Comedy, Crime|R|Joel Coen|Jeff Bridges, John Goodman|8.1
No Country for Old Men|2007|122|Thriller, Crime|R|Joel Coen|Javier Bardem, Tommy Lee Jones|8.2
Seven|1995|127|Crime, Thriller|R|David Fincher|Brad Pitt, Morgan Freeman|8.6
Fight Club|1999|139|Drama|R|David Fincher|Brad Pitt, Edward Norton|8.8
Zodiac|2007|157|Crime, Thriller|R|David Fincher|Jake Gyllenhaal, Mark Ruffalo|7.7
Memento|2000|113|Thriller|R|Christopher Nolan|Guy Pearce, Carrie-Anne Moss|8.4
The Dark Knight|2008|152|Action, Crime|PG-13|Christopher Nolan|Christian Bale, Heath Ledger|9.0
Inception|2010|148|Science Fiction, Action|PG-13|Christopher Nolan|Leonardo DiCaprio, Elliot Page|8.8
Some Like It Hot|1959|121|Comedy, Romance|Not Rated|Billy Wilder|Marilyn Monroe, Jack Lemmon|8.2
Sunset Boulevard|1950|110|Drama|Not Rated|Billy Wilder|Gloria Swanson, William Holden|8.4
Double Indemnity|1944|107|Crime, Thriller|Not Rated|Billy Wilder|Fred MacMurray, Barbara Stanwyck|8.3
The Apartment|1960|125|Comedy, Romance|Not Rated|Billy Wilder|Jack Lemmon, Shirley MacLaine|8.3
Singin' in the Rain|1952|103|Musical, Comedy|G|Stanley Donen|Gene Kelly, Debbie Reynolds|8.3
The Wizard of Oz|1939|102|Musical, Adventure|G|Victor Fleming|Judy Garland|8.1
West Side Story|1961|153|Musical, Romance|Not Rated|Robert Wise|Natalie Wood, Richard Beymer|7.6
The Sound of Music|1965|172|Musical|G|Robert Wise|Julie Andrews, Christopher Plummer|8.1
Cabaret|1972|124|Musical, Drama|PG|Bob Fosse|Liza Minnelli, Michael York|7.8
King Kong|1933|100|Horror, Adventure|Not Rated|Merian C. Cooper|Fay Wray|7.9
It's a Wonderful Life|1946|130|Drama|PG|Frank Capra|James Stewart, Donna Reed|8.6
Lawrence of Arabia|1962|218|Adventure, War|PG|David Lean|Peter O'Toole, Omar Sharif|8.3
The Bridge on the River Kwai|1957|161|War, Adventure|PG|David Lean|Alec Guinness, William Holden|8.1
Brief Encounter|1945|86|Drama, Romance|Not Rated|David Lean|Celia Johnson, Trevor Howard|8.0
12 Angry Men|1957|96|Drama|Not Rated|Sidney Lumet|Henry Fonda, Lee J. Cobb|9.0
Dog Day Afternoon|1975|125|Crime, Drama|R|Sidney Lumet|Al Pacino, John Cazale|8.0
Network|1976|121|Drama|R|Sidney Lumet|Faye Dunaway, Peter Finch|8.1
Chinatown|1974|130|Crime, Thriller|R|Roman Polanski|Jack Nicholson, Faye Dunaway|8.1
The Silence of the Lambs|1991|118|Thriller, Crime|R|Jonathan Demme|Jodie Foster, Anthony Hopkins|8.6
The Matrix|1999|136|Science Fiction, Action|R|Lana Wachowski|Keanu Reeves, Carrie-Anne Moss|8.7
Back to the Future|1985|116|Science Fiction, Comedy|PG|Robert Zemeckis|Michael J. Fox, Christopher Lloyd|8.5
Forrest Gump|1994|142|Drama, Romance|PG-13|Robert Zemeckis|Tom Hanks, Robin Wright|8.8
Toy Story|1995|81|Animation, Comedy|G|John Lasseter|Tom Hanks, Tim Allen|8.3
WALL·E|2008|98|Animation, Science Fiction|G|Andrew Stanton|Ben Burtt|8.4
In the Mood for Love (花樣年華)|2000|98|Drama, Romance|PG|Wong Kar-wai|Tony Leung, Maggie Cheung|8.1
Parasite (기생충)|2019|132|Thriller, Comedy|R|Bong Joon-ho|Song Kang-ho, Cho Yeo-jeong|8.5
City of God (Cidade de Deus)|2002|130|Crime, Drama|R|Fernando Meirelles|Alexandre Rodrigues|8.6
Pan's Labyrinth (El laberinto del fauno)|2006|118|Drama, War|R|Guillermo del Toro|Ivana Baquero, Sergi López|8.2
`;

/** The records of the import file. */
export function catalogue(): object[] {
  return FILMS.trim().split('\n').map(record);
}

function record(line: string): object {
  const [name, year, minutes, genres, maturity, director, actors, score] = line.split('|');
  const [, title, original] = /^(.*?)(?: \((.*)\))?$/.exec(name) ?? [];
  return {
    title,
    ...(original ? { original_title: original } : {}),
    year: Number(year),
    runtime_minutes: Number(minutes),
    synopsis: `${title}, directed by ${director}, with ${actors}.`,
    genres: genres.split(', '),
    maturity,
    people: [
      { name: director, role: 'director' },
      ...actors.split(', ').map((actor) => ({ name: actor, role: 'actor' })),
    ],
    scores: [{ source: 'Viewers', value: Number(score), out_of: 10 }],
  };
}
