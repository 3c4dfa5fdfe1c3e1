export * from './forecast-connector.service';
import { ForecastConnectorService } from './forecast-connector.service';
export const APIS = [ForecastConnectorService];
