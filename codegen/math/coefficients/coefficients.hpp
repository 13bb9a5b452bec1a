// Made by generate.sh from coefficients.sollya: edit those, not this file.
#pragma once

#include <cstdint>

namespace fuseval::codegen::math::coefficients {
// clang-format off

/// exp(r) = 1 + r + r^2 q(r), |r| < 0.3467; relative error 2^-57
inline constexpr double exp_double[] = {
    0x1.000000000000ap-1,
    0x1.55555555554fep-3,
    0x1.55555555506acp-5,
    0x1.1111111126b2ep-7,
    0x1.6c16c1847c94ap-10,
    0x1.a01a012ffa326p-13,
    0x1.a019994c13175p-16,
    0x1.71df18b9a1c48p-19,
    0x1.28ae10fc98046p-22,
    0x1.ad93720982344p-26,
};

/// exp(r) = 1 + r + r^2 q(r), |r| < 0.3467; relative error 2^-28
inline constexpr double exp_single[] = {
    0x1.fffffap-2,
    0x1.555492p-3,
    0x1.555a26p-5,
    0x1.123988p-7,
    0x1.694cd2p-10,
};

/// q of exp(r) - 1 = r + r^2 q(r), |r| < 0.3467; relative error 2^-58
inline constexpr double expm1_double[] = {
    0x1p-1,
    0x1.5555555555557p-3,
    0x1.5555555555552p-5,
    0x1.1111111110051p-7,
    0x1.6c16c16c18932p-10,
    0x1.a01a01ac1e4dcp-13,
    0x1.a01a0197be222p-16,
    0x1.71de01aa5e89bp-19,
    0x1.27e500d7e4a8ap-22,
    0x1.af4ed2a31019ep-26,
    0x1.1f3305b8299ccp-29,
};

/// q of exp(r) - 1 = r + r^2 q(r), |r| < 0.3467; relative error 2^-27
inline constexpr double expm1_single[] = {
    0x1p-1,
    0x1.555556p-3,
    0x1.555502p-5,
    0x1.110ff4p-7,
    0x1.6d2e0ep-10,
    0x1.a262bp-13,
};

/// sin(r) = r + r^3 s(r^2), |r| < 0.7857; relative error 2^-57
inline constexpr double sin_double[] = {
    -0x1.5555555555548p-3,
    0x1.111111110f758p-7,
    -0x1.a01a019bf1237p-13,
    0x1.71de355dee49p-19,
    -0x1.ae5e53751c3a8p-26,
    0x1.5d8de3b560c65p-33,
};

/// cos(r) = 1 - r^2/2 + r^4 c(r^2), |r| < 0.7857; relative error 2^-63
inline constexpr double cos_double[] = {
    0x1.555555555554bp-5,
    -0x1.6c16c16c15012p-10,
    0x1.a01a019c8e946p-16,
    -0x1.27e4f7f0fb635p-22,
    0x1.1ee9db4db253dp-29,
    -0x1.8fa634e278f83p-37,
};

/// sin(r) = r + r^3 s(r^2), |r| < 0.7857; relative error 2^-32
inline constexpr double sin_single[] = {
    -0x1.555556p-3,
    0x1.111164p-7,
    -0x1.a04862p-13,
    0x1.77e01p-19,
};

/// cos(r) = 1 - r^2/2 + r^4 c(r^2), |r| < 0.7857; relative error 2^-32
inline constexpr double cos_single[] = {
    0x1.55554ap-5,
    -0x1.6c0c2ap-10,
    0x1.99e908p-16,
};

/// arctan(t) = t + t^3 p(t^2), |t| < 0.4144; relative error 2^-59
inline constexpr double arctan_double[] = {
    -0x1.555555555553cp-2,
    0x1.9999999995698p-3,
    -0x1.24924922a3599p-3,
    0x1.c71c70e27ca44p-4,
    -0x1.745cf87c423a8p-4,
    0x1.3b1112c1f85edp-4,
    -0x1.10eb72deadbf3p-4,
    0x1.df0b78c260891p-5,
    -0x1.9cc1f498d2b16p-5,
    0x1.37abe5ed0da57p-5,
    -0x1.25108233de9c4p-6,
};

/// arctan(t) = t + t^3 p(t^2), |t| < 0.4144; relative error 2^-30
inline constexpr double arctan_single[] = {
    -0x1.55554ap-2,
    0x1.9991e2p-3,
    -0x1.23b998p-3,
    0x1.b22312p-4,
    -0x1.f2dbcap-5,
};

/// arcsin(t) = t + t^3 p(t^2), |t| <= 1/2; relative error 2^-59
inline constexpr double arcsin_double[] = {
    0x1.5555555555577p-3,
    0x1.333333332e133p-4,
    0x1.6db6db721247bp-5,
    0x1.f1c71a95002fbp-6,
    0x1.6e8bdedebf9ddp-6,
    0x1.1c49f077d5c2fp-6,
    0x1.ca1f8af1ef889p-7,
    0x1.75859dad13199p-7,
    0x1.613c1e6e770bp-7,
    0x1.e5fbe894c4313p-9,
    0x1.639a894bce12bp-6,
    -0x1.57fad0db19e27p-6,
    0x1.0b45e9f6030bep-5,
};

/// arcsin(t) = t + t^3 p(t^2), |t| <= 1/2; relative error 2^-27
inline constexpr double arcsin_single[] = {
    0x1.5555c8p-3,
    0x1.330206p-4,
    0x1.747b72p-5,
    0x1.8c415ap-6,
    0x1.5959aap-5,
};

/// p of log(1+f) = f - f^2/2 + f^3 p(f), sqrt(1/2) < 1+f < sqrt(2); relative error 2^-52
inline constexpr double log_double[] = {
    0x1.5555555555556p-2,
    -0x1.fffffffffffecp-3,
    0x1.999999999902dp-3,
    -0x1.5555555557649p-3,
    0x1.2492492537236p-3,
    -0x1.fffffffebe53p-4,
    0x1.c71c713d0cbb6p-4,
    -0x1.999999666ded1p-4,
    0x1.745d3410d978ap-4,
    -0x1.55557b8b2fee8p-4,
    0x1.3b1060e4c7c53p-4,
    -0x1.248b347802aafp-4,
    0x1.1147c88572bcep-4,
    -0x1.00a3685254e6dp-4,
    0x1.de4a50fbb056bp-5,
    -0x1.b789989c25ebcp-5,
    0x1.b728c538a2d64p-5,
    -0x1.f641f2e27b3b2p-5,
    0x1.d2e054f4e736p-5,
    -0x1.9f3198f6c32d3p-6,
};

/// p of log(1+f) = f - f^2/2 + f^3 p(f), sqrt(1/2) < 1+f < sqrt(2); relative error 2^-23
inline constexpr double log_single[] = {
    0x1.555554p-2,
    -0x1.fffff8p-3,
    0x1.999d46p-3,
    -0x1.555c9p-3,
    0x1.23d51p-3,
    -0x1.fcbecp-4,
    0x1.de362p-4,
    -0x1.d782cp-4,
    0x1.204ap-4,
};

/// log((1+s)/(1-s)) = 2s + 2/3 s^3 + s^5 p(s^2), |s| < 0.17158; relative error 2^-73
inline constexpr double pow_log_double[] = {
    0x1.9999999999996p-2,
    0x1.2492492492f4bp-2,
    0x1.c71c71c59796ap-3,
    0x1.745d1828c79ebp-3,
    0x1.3b1364f1016b3p-3,
    0x1.1120692f23f2bp-3,
    0x1.de3e606603555p-4,
    0x1.eabe236a43cb4p-4,
};

/// p of log(1+f) = f - f^2/2 + f^3 p(f), for float32's pow in float64; relative error 2^-31
inline constexpr double pow_log_single[] = {
    0x1.55555555f73f7p-2,
    -0x1.0000002f81566p-2,
    0x1.9999970aebba7p-3,
    -0x1.555509d57c48ep-3,
    0x1.2492f1846b2ap-3,
    -0x1.0011198f8ca17p-3,
    0x1.c7121753d9759p-4,
    -0x1.966e69119d93ep-4,
    0x1.7192e4a280b2p-4,
    -0x1.74e6d1f20378p-4,
    0x1.73ae8056b5121p-4,
    -0x1.9e5eb338bf93dp-5,
};

/// exp(r) = 1 + r + r^2 q(r), for float32's pow in float64; relative error 2^-34
inline constexpr double pow_exp_single[] = {
    0x1.0000003a3a58ap-1,
    0x1.55555442cb6cdp-3,
    0x1.55548d8fad2fp-5,
    0x1.11127114b91f7p-7,
    0x1.6d8d38bdf4618p-10,
    0x1.9f086d4b380d1p-13,
};

/// ln 2; the first part times any exponent is exact
inline constexpr double ln2_double[] = {
    0x1.62e42fefa4p-1,
    -0x1.8432a1b0e2634p-43,
};

/// ln 2; the first part times any exponent is exact
inline constexpr double ln2_single[] = {
    0x1.62e4p-1,
    0x1.7f7d1cp-20,
};

/// pi/2; the second part times 21 bits is exact
inline constexpr double half_pi_double[] = {
    0x1.921fb54442d18p0,
    0x1.1a626332p-54,
    -0x1.747f23e32ed7p-87,
};

/// pi/2
inline constexpr double half_pi_single[] = {
    0x1.921fb6p0,
    -0x1.777a5cp-25,
    -0x1.ee59dap-50,
};

/// pi
inline constexpr double pi_pair_double[] = {
    0x1.921fb54442d18p1,
    0x1.1a62633145c07p-53,
};

/// pi
inline constexpr double pi_pair_single[] = {
    0x1.921fb6p1,
    -0x1.777a5cp-24,
};

/// 2/3
inline constexpr double two_thirds_double[] = {
    0x1.5555555555555p-1,
    0x1.5555555555555p-55,
};

/// 1/ln 2, 2/pi
inline constexpr double reciprocals[] = {
    0x1.71547652b82fep0,
    0x1.45f306dc9c883p-1,
};

/// 2/pi = 0.b1 b2 b3 ...: its first 1280 bits, b1 leading.
inline constexpr uint64_t two_over_pi_words[] = {
    11743562013128004905u,
    18169587780923219392u,
    15808362127397457985u,
    18325537948574664033u,
    13196794004601950944u,
    452944820249399836u,
    18311050168422213438u,
    16754012890938950788u,
    16833452818741296705u,
    4148332274289687028u,
    11278244420634880059u,
    2303758334597371919u,
    17235013589178936607u,
    7869616827067468215u,
    5712322887342352941u,
    8441921394348257659u,
    4397547296490951402u,
    7780917995555872008u,
    6197850593633725355u,
    17352294737506481693u,
};

// clang-format on
}  // namespace fuseval::codegen::math::coefficients
