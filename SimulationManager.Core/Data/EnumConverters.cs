using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace SimulationManager.Core.Data;

/// <summary>Stores an enum as the upper-case word that it also is on the wire.</summary>
internal sealed class UpperCaseEnumConverter<TEnum>() : ValueConverter<TEnum, string>(
    value => value.ToString().ToUpperInvariant(),
    text => Enum.Parse<TEnum>(text, true))
    where TEnum : struct, Enum;

/// <summary>Stores an enum as the lower-case word that it also is on the wire.</summary>
internal sealed class LowerCaseEnumConverter<TEnum>() : ValueConverter<TEnum, string>(
    value => value.ToString().ToLowerInvariant(),
    text => Enum.Parse<TEnum>(text, true))
    where TEnum : struct, Enum;
