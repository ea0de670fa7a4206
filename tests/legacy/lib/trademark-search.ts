import { query, queryOne } from "./db";

/** Search over the trademarks of all tenants. */

export type TrademarkFilter = {
  q: string;
  brandName: string;
  owner: string;
  class: string;
  country: string;
  status: string;
  yearFrom: number | null;
  yearTo: number | null;
  limit: number;
  offset: number;
};

type Row = { fechaRegistro: Date | null; fechaVencimiento: Date | null; fechaPresentacion: Date | null } & Record<string, unknown>;

const MATCH = `from trademarks where
  (marca ilike '%' || $1 || '%' or titular ilike '%' || $1 || '%' or descripcion ilike '%' || $1 || '%')
  and ($2 = '' or marca ilike '%' || $2 || '%') and ($3 = '' or titular ilike '%' || $3 || '%')
  and ($4 = '' or clase = $4) and ($5 = '' or "paisTitular" = $5) and ($6 = '' or estado = $6)
  and ($7::int is null or "fechaRegistro" >= make_timestamp($7, 1, 1, 0, 0, 0))
  and ($8::int is null or "fechaRegistro" <= make_timestamp($8, 12, 31, 0, 0, 0))`;

function result(row: Row) {
  return {
    ...row,
    name: row.marca,
    owner: row.titular,
    country: row.paisTitular,
    class: row.clase,
    status: row.estado,
    registrationDate: row.fechaRegistro ?? undefined,
    expirationDate: row.fechaVencimiento ?? undefined,
    description: row.descripcion,
    presentationDate: row.fechaPresentacion ?? undefined,
    score: 1,
  };
}

export async function searchTrademarks(filter: TrademarkFilter) {
  const { q, brandName, owner, country, status, yearFrom, yearTo, limit, offset } = filter;
  const parameters = [q, brandName, owner, filter.class, country, status, yearFrom, yearTo];
  const rows = await query<Row>(
    `select id, marca, titular, "paisTitular", clase, estado, "fechaRegistro", "fechaVencimiento", descripcion,
       "fechaPresentacion", expediente, "numeroRegistro", agente, "tipoSolicitud", "productosServicios"
     ${MATCH} order by "fechaRegistro" desc, id limit $9 offset $10`,
    [...parameters, limit, offset],
  );
  const total = await queryOne<{ count: number }>(`select count(*)::int as count ${MATCH}`, parameters);
  return { results: rows.map(result), totalCount: total?.count ?? 0 };
}
