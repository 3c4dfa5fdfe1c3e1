/** The only file that imports Amplify. It is a chunk of its own: see identity.ts. */

import { Amplify } from 'aws-amplify';
import { ConsoleLogger } from 'aws-amplify/utils';
import { confirmSignIn, fetchAuthSession, signIn, signOut } from 'aws-amplify/auth';
import { PortalConfig } from './config';

export { confirmSignIn, fetchAuthSession, signIn, signOut };

export function configure(config: PortalConfig): void {
  ConsoleLogger.LOG_LEVEL = 'ERROR'; // that the endpoint is not Amazon's is meant so
  Amplify.configure({
    Auth: {
      Cognito: {
        userPoolId: config.user_pool_id,
        userPoolClientId: config.portal_client_id,
        ...(config.identity_endpoint === null ? {} : { userPoolEndpoint: config.identity_endpoint }),
      },
    },
  });
}
