using System.Security.Cryptography;
using Aspire.Hosting.Publishing;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>A random value by rules on its characters.</summary>
public sealed class GenerateParameterDefault : ParameterDefault
{
    // Letters that are mistaken for digits or for each other are left out; the special ones need no quoting
    // in a connection string, in a URL's user part or in a shell.
    private const string LowerCharacters = "abcdefghjkmnpqrstuvwxyz";
    private const string UpperCharacters = "ABCDEFGHJKMNPQRSTUVWXYZ";
    private const string NumericCharacters = "0123456789";
    private const string SpecialCharacters = "-_.{}~()*+!";

    /// <summary>Number of characters; at least 1.</summary>
    public int MinLength { get; set; }

    public bool Lower { get; set; } = true;

    public bool Upper { get; set; } = true;

    public bool Numeric { get; set; } = true;

    public bool Special { get; set; } = true;

    public int MinLower { get; set; }

    public int MinUpper { get; set; }

    public int MinNumeric { get; set; }

    public int MinSpecial { get; set; }

    private (string Key, string MinKey, string Characters, bool Allowed, int Minimum)[] Classes =>
    [
        ("lower", "minLower", LowerCharacters, Lower, MinLower),
        ("upper", "minUpper", UpperCharacters, Upper, MinUpper),
        ("numeric", "minNumeric", NumericCharacters, Numeric, MinNumeric),
        ("special", "minSpecial", SpecialCharacters, Special, MinSpecial),
    ];

    /// <exception cref="ArgumentException">The rules contradict each other.</exception>
    public override string GetDefaultValue()
    {
        if (Classes.FirstOrDefault(rule => !rule.Allowed && rule.Minimum > 0) is { Minimum: > 0 } contradiction)
            throw new ArgumentException($"'{contradiction.MinKey}' is {contradiction.Minimum}, but '{contradiction.Key}' is false.");
        var all = string.Concat(Classes.Where(rule => rule.Allowed).Select(rule => rule.Characters));
        if (all.Length == 0)
            throw new ArgumentException("No kind of character is allowed.");

        var required = string.Concat(Classes.Select(rule => RandomNumberGenerator.GetString(rule.Characters, rule.Minimum)));
        var rest = RandomNumberGenerator.GetString(all, Math.Max(0, MinLength - required.Length));
        var value = (required + rest).ToCharArray();
        RandomNumberGenerator.Shuffle(value.AsSpan());
        return new(value);
    }

    public override void WriteToManifest(ManifestPublishingContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        var writer = context.Writer;
        writer.WriteStartObject("generate");
        writer.WriteNumber("minLength", MinLength);
        foreach (var rule in Classes.Where(rule => !rule.Allowed))
            writer.WriteBoolean(rule.Key, false);
        foreach (var rule in Classes.Where(rule => rule.Minimum > 0))
            writer.WriteNumber(rule.MinKey, rule.Minimum);
        writer.WriteEndObject();
    }
}
