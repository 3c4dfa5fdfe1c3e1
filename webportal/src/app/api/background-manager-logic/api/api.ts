export * from './background-manager-logic.service';
import { BackgroundManagerLogicService } from './background-manager-logic.service';
export const APIS = [BackgroundManagerLogicService];
