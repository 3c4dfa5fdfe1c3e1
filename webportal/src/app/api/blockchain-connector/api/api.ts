export * from './blockchain-connector.service';
import { BlockchainConnectorService } from './blockchain-connector.service';
export const APIS = [BlockchainConnectorService];
