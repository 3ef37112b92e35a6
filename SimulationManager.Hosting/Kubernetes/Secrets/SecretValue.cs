using System.Globalization;
using System.Security.Cryptography;
using SimulationManager.Hosting.Kubernetes.Manifest;

namespace SimulationManager.Hosting.Kubernetes.Secrets;

/// <summary>Makes the values that a line of <c>secrets.tsv</c> asks for.</summary>
internal static class SecretValue
{
    private const string Alphanumeric = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

    /// <summary>Special characters that need no escape in a URI, a connection string or a shell.</summary>
    private const string Special = "-._~";

    /// <summary>The value of a rule.</summary>
    /// <param name="name">What it is for, as <c>SECRET/KEY</c>.</param>
    /// <param name="rule">How it is made.</param>
    /// <param name="siblings">Values of the same Secret by key.</param>
    /// <exception cref="GenerationException">Only a person can give it.</exception>
    public static string Make(string name, SecretRule rule, Func<string, string> siblings) => rule.Kind switch
    {
        "generate" => RandomNumberGenerator.GetString(Alphanumeric, 1) + RandomNumberGenerator.GetString(Alphanumeric + Special, Length(rule) + 1),
        "generate-alphanumeric" => RandomNumberGenerator.GetString(Alphanumeric, Length(rule) + 2),
        "default" => rule.Argument,
        "uri-of" => Uri.EscapeDataString(siblings(rule.Argument)),
        _ => throw new GenerationException($"'{name}' must be given: {rule.Argument}. Add it with --set {name}, value on standard input."),
    };

    private static int Length(SecretRule rule) => int.Parse(rule.Argument, CultureInfo.InvariantCulture);
}
