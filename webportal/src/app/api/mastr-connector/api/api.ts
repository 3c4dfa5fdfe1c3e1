export * from './mastr-connector.service';
import { MastrConnectorService } from './mastr-connector.service';
export const APIS = [MastrConnectorService];
