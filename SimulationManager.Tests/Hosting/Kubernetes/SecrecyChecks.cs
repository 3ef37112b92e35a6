using System.Text.RegularExpressions;
using k8s.Models;

namespace SimulationManager.Tests.Hosting.Kubernetes;

/// <summary>Nothing that is generated may hold a credential, or a manifest expression that nobody resolved.</summary>
internal static partial class SecrecyChecks
{
    public static IEnumerable<string> NoPlainSecret(ClusterObjects objects)
    {
        foreach (var secret in objects.OfKind<V1Secret>())
            yield return $"Secret {secret.Metadata.Name} is among the manifests";
        foreach (var (owner, text) in ReferenceChecks.Settings(objects))
        {
            if (CredentialName().IsMatch(text) || CredentialInside().IsMatch(text))
                yield return $"{owner} holds a credential";
        }
    }

    public static IEnumerable<string> NothingUnresolved(ClusterObjects objects) =>
        from setting in ReferenceChecks.Settings(objects)
        where Expression().IsMatch(setting.Text)
        select $"{setting.Owner} was not resolved";

    /// <summary>A variable named like a credential with a value of its own.</summary>
    [GeneratedRegex(@"^[A-Z0-9_]*(PASSWORD|SECRET|SECRETKEY|ACCESSKEY|ROOT_USER|TOKEN|SIGNINGKEY)(_[A-Z_]+)?=(?!\$\()", RegexOptions.IgnoreCase)]
    private static partial Regex CredentialName();

    /// <summary>A credential in a connection string or URI that is not a reference to a Secret.</summary>
    [GeneratedRegex(@"(password|accesskey|secretkey)=(?!\$\()|://[^/@:]*:(?!\$\()[^/@]+@", RegexOptions.IgnoreCase)]
    private static partial Regex CredentialInside();

    [GeneratedRegex(@"\{[A-Za-z0-9-]+\.[A-Za-z.]+\}")]
    private static partial Regex Expression();
}
